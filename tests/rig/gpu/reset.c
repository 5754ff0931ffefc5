// SPDX-License-Identifier: GPL-2.0-only
/*
 * Resets of a virtual GPU, by FLR and by the root port's secondary bus reset:
 * registers go back to their reset values, readiness drops, and unless the reset
 * is made to fail the steps to readiness start again when it is over.
 *
 * Callers hold vgpu.lock, except for vgpu_reset_set_fails().
 */
#include <linux/string.h>

#include "virtual_gpu.h"

/**
 * vgpu_reset_absent() - does the function not answer?
 * @gpu: the GPU
 *
 * Return: true if configuration reads are to return all ones.
 */
bool vgpu_reset_absent(const struct vgpu *gpu)
{
	return gpu->gone || gpu->stuck || gpu->bus_reset;
}

static void vgpu_reset_begin(struct vgpu *gpu)
{
	gpu->resets++;
	vgpu_config_reset(gpu);
	vgpu_readiness_drop(gpu);
}

static void vgpu_reset_end(struct vgpu *gpu)
{
	gpu->stuck = gpu->reset_fails;
	if (!gpu->stuck)
		vgpu_readiness_start(gpu);
}

/**
 * vgpu_reset_function() - function level reset
 * @gpu: the GPU; the caller gives the new registers to the ivshmem devices
 */
void vgpu_reset_function(struct vgpu *gpu)
{
	vgpu_reset_begin(gpu);
	vgpu_reset_end(gpu);
}

/**
 * vgpu_reset_bus() - the secondary bus reset bit of the root port was written
 * @gpu: the GPU below it
 * @asserted: what it is now
 */
void vgpu_reset_bus(struct vgpu *gpu, bool asserted)
{
	if (gpu->bus_reset == asserted)
		return;

	gpu->bus_reset = asserted;
	if (!asserted) {
		vgpu_reset_end(gpu);
		return;
	}

	/* QEMU has reset the ivshmem devices by now */
	memset(gpu->backing_bar, 0, sizeof(gpu->backing_bar));
	gpu->backing_command = 0;
	vgpu_reset_begin(gpu);
}

/**
 * vgpu_reset_set_fails() - make the next resets fail, or let them end
 * @gpu: the GPU
 * @fails: false ends a reset that is stuck
 *
 * Context: takes vgpu.lock.
 */
void vgpu_reset_set_fails(struct vgpu *gpu, bool fails)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&gpu->lock, flags);
	gpu->reset_fails = fails;
	if (gpu->stuck && !gpu->bus_reset)
		vgpu_reset_end(gpu);
	raw_spin_unlock_irqrestore(&gpu->lock, flags);
}
