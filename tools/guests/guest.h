/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A virtual machine for GPUs: the plan of it, which is then printed for those who start it.
 */
#ifndef GUEST_H
#define GUEST_H

#include "guests/forms.h"
#include "guests/options.h"
#include "guests/software.h"
#include "host/gpu.h"
#include "host/host.h"

/* The guest's GPU driver makes a NUMA node of the memory of each MIG instance. */
#define GUEST_NODES_PER_GPU 8
/* QEMU's limit is 128, and the first ones are the guest's own memory. */
#define GUEST_NODES_MAX 128
/* What arm64 kernels have by default (CONFIG_NODES_SHIFT=4). */
#define GUEST_NODES_OF_KERNEL 16
#define GUEST_GPUS_MAX 15
/* One for each socket. */
#define GUEST_CELLS_MAX 8

/* Root buses of their own begin there: below are those behind the first one's ports. */
#define GUEST_FIRST_BUS 128

/**
 * struct guest_cell - a NUMA node with memory and processors
 * @host_node: whose memory and processors they are, -1 for any
 * @memory: bytes
 * @first_cpu: its first processor
 * @last_cpu: its last
 */
struct guest_cell {
	int host_node;
	__u64 memory;
	unsigned int first_cpu;
	unsigned int last_cpu;
};

/**
 * struct guest_bus - a root bus, for the GPUs of one SMMU of the host
 * @smmu: that SMMU, as sysfs calls it, empty if it does not
 * @number: the bus
 * @cell: the node it is near
 * @gpus: how many GPUs are on it
 */
struct guest_bus {
	char smmu[64];
	unsigned int number;
	unsigned int cell;
	unsigned int gpus;
};

/**
 * struct guest_gpu - where a GPU is
 * @gpu: it
 * @bus: its root bus, of those of the plan
 * @slot: of its root port there
 * @first_node: its first NUMA node, of GUEST_NODES_PER_GPU
 */
struct guest_gpu {
	const struct gpu *gpu;
	size_t bus;
	unsigned int slot;
	unsigned int first_node;
};

/**
 * struct guest - a plan of a virtual machine
 * @options: what was wanted
 * @words: what can be said of it
 * @software: what is there to run it
 * @gpus: its GPUs, those on the same root bus one after the other
 * @gpu_count: how many
 * @cells: its own NUMA nodes
 * @cell_count: how many
 * @buses: root buses for GPUs; none where they are on the machine's first
 * @bus_count: how many
 * @window_gib: size of the PCI window above 4 GiB that all BARs fit into, a power of two
 * @assumed: sizes of some BARs are not known, and more than any GPU has was assumed
 * @hugepage: bytes of a huge page, 0 where they are not wanted
 * @firmware: a file of it, NULL where others choose
 * @iommufd: VFIO uses iommufd
 * @iommufd_why: why, or why not
 * @smmu: which one the guest has
 * @smmu_why: why that one
 * @refusal: why there can be no such guest, from malloc(), or NULL
 */
struct guest {
	const struct guest_options *options;
	struct guest_words words;
	struct guest_software software;
	struct guest_gpu gpus[GUEST_GPUS_MAX];
	size_t gpu_count;
	struct guest_cell cells[GUEST_CELLS_MAX];
	size_t cell_count;
	struct guest_bus buses[GUEST_GPUS_MAX];
	size_t bus_count;
	__u64 window_gib;
	bool assumed;
	__u64 hugepage;
	const char *firmware;
	bool iommufd;
	const char *iommufd_why;
	enum guest_smmu smmu;
	const char *smmu_why;
	char *refusal;
};

/* Makes the plan: whether there can be such a guest. */
bool guest_plan(struct guest *guest, const struct gpus *gpus, const struct guest_options *options);

/* Its parts: those that find something in the way set refusal, and leave an earlier one. */
[[gnu::format(printf, 2, 3)]]
void guest_refuse(struct guest *guest, const char *format, ...);
void guest_plan_iommu(struct guest *guest, const struct host *host, const struct gpus *gpus);
void guest_plan_places(struct guest *guest, const struct gpus *gpus);
void guest_plan_window(struct guest *guest, const struct gpus *gpus);

/* All NUMA nodes, and how far from each other two different ones are, as in ACPI's SLIT. */
unsigned int guest_nodes(const struct guest *guest);
unsigned int guest_distance(const struct guest *guest, unsigned int from, unsigned int to);

/* Bytes as QEMU takes them: 16G or 512M. */
const char *guest_size(char *buffer, size_t size, __u64 bytes);

/* Whether the disk is of QEMU's own format: "qcow2" or "raw". */
const char *guest_disk_format(const char *disk);

/* What libvirt has words for. */
bool guest_libvirt_has_nodes(const struct guest *guest);
bool guest_libvirt_has_window(const struct guest *guest);

/* Prints it in the form that was wanted, and on stderr what that cannot say. */
void guest_print(const struct guest *guest);
void guest_print_qemu(const struct guest *guest);
void guest_print_libvirt(const struct guest *guest);
void guest_print_kubevirt(const struct guest *guest);
void guest_print_nova(const struct guest *guest);

/* Prints why it is as it is; or, on stderr, what is worth a word even where the guest starts. */
void guest_explain(const struct guest *guest);
void guest_note(const struct guest *guest);

#endif /* GUEST_H */
