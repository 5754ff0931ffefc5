/* SPDX-License-Identifier: GPL-2.0-only */
/* A VMM's process: an open device, and threads that do what they like with it. */
#ifndef FUZZ_VMM_H
#define FUZZ_VMM_H

#include "arena.h"
#include "fuzz.h"

/**
 * struct vmm - what the threads share
 * @target: the GPU
 * @dev: the device, open
 * @pipe: where data can be spliced to and from; does not block
 * @file: a file in memory
 * @event: an eventfd
 * @pm: where the power management capability is in config space
 * @msi: the MSI capability
 * @express: the PCI Express capability
 * @ioas: what an iommufd has allocated last
 */
struct vmm {
	struct target *target;
	struct vfio dev;
	int pipe[2];
	int file;
	int event;
	u8 pm;
	u8 msi;
	u8 express;
	u32 ioas;
};

extern struct vmm vmm;

/* Where DMA maps begin: some meet each other. */
u64 vmm_iova(struct rng *rng);

/*
 * What can be done: vmm_content.c, vmm_memory.c, vmm_copy.c, vmm_config.c, vmm_calls.c,
 * vmm_iommufd.c, vmm.c.
 */
long vmm_write_cell(struct lane *lane);
long vmm_check_cell(struct lane *lane);

long vmm_map(struct lane *lane);
long vmm_map_registers(struct lane *lane);
long vmm_map_anonymous(struct lane *lane);
long vmm_unmap(struct lane *lane);
long vmm_move(struct lane *lane);
long vmm_protect(struct lane *lane);
long vmm_advise(struct lane *lane);
long vmm_lock(struct lane *lane);
long vmm_touch(struct lane *lane);
long vmm_fork(struct lane *lane);

long vmm_read(struct lane *lane);
long vmm_read_anything(struct lane *lane);
long vmm_write(struct lane *lane);
long vmm_vectors(struct lane *lane);
long vmm_copy_process(struct lane *lane);
long vmm_copy_file(struct lane *lane);
long vmm_splice(struct lane *lane);

long vmm_config_read(struct lane *lane);
long vmm_config_write(struct lane *lane);
long vmm_config_flr(struct lane *lane);
long vmm_config_power(struct lane *lane);
long vmm_config_wake(struct lane *lane);

long vmm_ioctl(struct lane *lane);
long vmm_feature(struct lane *lane);
long vmm_irqs(struct lane *lane);
long vmm_reset(struct lane *lane);
long vmm_hot_reset(struct lane *lane);
long vmm_map_dma(struct lane *lane);
long vmm_unmap_dma(struct lane *lane);
long vmm_dmabuf(struct lane *lane);
long vmm_iommufd(struct lane *lane);

#endif
