/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A virtual machine for GPUs: what QEMU and libvirt have to be told.
 */
#ifndef GUEST_H
#define GUEST_H

#include "host/gpu.h"

/* The guest's GPU driver makes a NUMA node of the memory of each MIG instance. */
#define GUEST_NODES_PER_GPU 8
/* QEMU's limit is 128, and node 0 is the guest's own memory. */
#define GUEST_GPUS_MAX 15

#define GUEST_CPUS 8
#define GUEST_MEMORY_GIB 16

/**
 * struct guest - a virtual machine
 * @gpus: its GPUs
 * @window_gib: size of the PCI window above 4 GiB that all BARs fit into, a power of two
 * @assumed: sizes of some BARs are not known, and more than any GPU has was assumed
 * @program: QEMU's name here
 * @firmware: of the virtual machine, NULL if none is installed
 */
struct guest {
	const struct gpus *gpus;
	__u64 window_gib;
	bool assumed;
	const char *program;
	const char *firmware;
};

/* 0, -E2BIG for too many GPUs, -ERANGE where no window is large enough. */
int guest_plan(struct guest *guest, const struct gpus *gpus);

/* The first node of a GPU, which is one of several. */
unsigned int guest_first_node(size_t gpu);

/* Prints a command line, or a domain for libvirt. */
void guest_print_qemu(const struct guest *guest);
void guest_print_libvirt(const struct guest *guest);

#endif /* GUEST_H */
