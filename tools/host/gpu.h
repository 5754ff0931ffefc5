/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A GPU that the driver is for, and what the driver says of it.
 */
#ifndef GPU_H
#define GPU_H

#include "host/pci_device.h"

#define GPU_DRIVER "nvgrace_gpu_vfio_pci"
#define GPU_MODULE "nvgrace-gpu-vfio-pci"

/* Whose driver a GPU is bound to. */
enum gpu_origin {
	GPU_UNBOUND,
	GPU_OF_PACKAGE,
	GPU_OF_KERNEL,
	GPU_OF_OTHERS,
};

/* What udev is to do with it at boot. */
enum gpu_policy {
	GPU_POLICY_UNKNOWN,
	GPU_POLICY_YES,
	GPU_POLICY_NO,
	GPU_POLICY_DRIVERCTL,
};

/**
 * struct gpu - a GPU
 * @pci: the PCI function
 * @product: what it is sold as
 * @auto_bound: the udev rule binds this product unless somebody says no
 * @origin: whose driver it is bound to
 * @driver_version: of that driver, empty if it has none
 * @policy: what udev is to do with it at boot
 * @has_memory: the driver shows its memory: what follows is known
 * @base: physical address of the memory
 * @usemem_size: bytes of cached memory
 * @usemem_bar_size: bytes of the BAR that shows it
 * @resmem_size: bytes of non-cached memory, 0 if it has none
 * @resmem_bar_size: bytes of the BAR that shows it
 * @mig_erratum: it needs resmem
 * @readiness_method: where the driver reads whether the memory is usable
 * @readiness: what it read last
 */
struct gpu {
	struct pci_device pci;
	const char *product;
	bool auto_bound;
	enum gpu_origin origin;
	char driver_version[32];
	enum gpu_policy policy;
	bool has_memory;
	__u64 base;
	__u64 usemem_size;
	__u64 usemem_bar_size;
	__u64 resmem_size;
	__u64 resmem_bar_size;
	bool mig_erratum;
	char readiness_method[16];
	char readiness[16];
};

struct gpus {
	struct gpu *gpus;
	size_t count;
};

/* 0, -EINVAL for what is no address, -ENOENT if nothing is there, -ENODEV if it is no such GPU. */
int gpu_read(struct gpu *gpu, const char *bdf);

/* Whether a function with these ids is one. */
bool gpu_is_known(__u32 vendor, __u32 device);

/* What a GPU is sold as that is of this kind, and that the driver does not know; else NULL. */
const char *gpu_unsupported(const struct pci_device *pci);

/*
 * Whether it answers no more: it is not on the bus, and all that is read of it is ones.  Asked of
 * it, which wakes it up if it sleeps.
 */
bool gpu_is_off_bus(const struct gpu *gpu);

/* The same, but one that sleeps is left alone: for who asks again and again. */
bool gpu_is_seen_off_bus(const struct gpu *gpu);

/* All GPUs there are; 0, or why PCI devices could not be listed. */
int gpus_read(struct gpus *list);
void gpus_copy(struct gpus *list, const struct gpus *from);
void gpus_free(struct gpus *list);

/* In words: "package", "kernel", "other", "none"; "yes", "no", "driverctl", "unknown". */
const char *gpu_origin_name(enum gpu_origin origin);
const char *gpu_policy_name(enum gpu_policy policy);

#endif /* GPU_H */
