// SPDX-License-Identifier: GPL-2.0-only
/*
 * dma-buf export of the regions, for peers that are to reach the GPU memory.
 */
#include <linux/pci-p2pdma.h>

#include "nvgrace_gpu.h"

static int nvgrace_get_dmabuf_phys(struct vfio_pci_core_device *core,
				   struct p2pdma_provider **provider, unsigned int index,
				   struct phys_vec *phys_vec,
				   struct vfio_region_dma_range *ranges, size_t nr_ranges)
{
	struct nvgrace_gpu *gpu = container_of(core, struct nvgrace_gpu, core);
	struct nvgrace_region *region = nvgrace_region_find(gpu, index);

	if (!region)
		return vfio_pci_core_get_dmabuf_phys(core, provider, index, phys_vec, ranges,
						     nr_ranges);

	/* The memory has no BAR; what matters is the function that owns it. */
	*provider = pcim_p2pdma_provider(core->pdev, 0);
	if (!*provider)
		return -EINVAL;

	return vfio_pci_core_fill_phys_vec(phys_vec, ranges, nr_ranges, region->part.base,
					   region->part.length);
}

static const struct vfio_pci_device_ops memory_pci_ops = {
	.get_dmabuf_phys = nvgrace_get_dmabuf_phys,
};

static const struct vfio_pci_device_ops plain_pci_ops = {
	.get_dmabuf_phys = vfio_pci_core_get_dmabuf_phys,
};

/**
 * nvgrace_dmabuf_init() - let the core export dma-bufs
 * @gpu: a new GPU, its memory filled in if it has any
 *
 * Context: probe, before the device is registered.
 */
void nvgrace_dmabuf_init(struct nvgrace_gpu *gpu)
{
	gpu->core.pci_ops = nvgrace_gpu_has_memory(gpu) ? &memory_pci_ops : &plain_pci_ops;
}
