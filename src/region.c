// SPDX-License-Identifier: GPL-2.0-only
/*
 * Regions: look-up by index, and what VFIO_DEVICE_GET_REGION_INFO says of them.
 */
#include "nvgrace_gpu.h"

/**
 * nvgrace_region_find() - the region behind a VFIO region index
 * @gpu: a GPU with memory
 * @index: VFIO region index
 *
 * Context: any.
 * Return: the region, NULL if vfio-pci-core has the region of that index.
 */
struct nvgrace_region *nvgrace_region_find(struct nvgrace_gpu *gpu, unsigned int index)
{
	if (index == gpu->usemem.index)
		return &gpu->usemem;
	if (index == gpu->resmem.index && gpu->resmem.part.length)
		return &gpu->resmem;

	return NULL;
}

static int add_sparse_mmap(const struct nvgrace_region *region, struct vfio_info_cap *caps)
{
	struct vfio_region_info_cap_sparse_mmap *sparse;
	size_t size = struct_size(sparse, areas, 1);
	int ret;

	sparse = kzalloc(size, GFP_KERNEL);
	if (!sparse)
		return -ENOMEM;

	sparse->header.id = VFIO_REGION_INFO_CAP_SPARSE_MMAP;
	sparse->header.version = 1;
	sparse->nr_areas = 1;
	sparse->areas[0].offset = 0;
	sparse->areas[0].size = round_down(region->part.length, PAGE_SIZE);

	ret = vfio_info_add_capability(caps, &sparse->header, size);
	kfree(sparse);

	return ret;
}

/**
 * nvgrace_region_info() - describe a region to the user
 * @core_vdev: a GPU with memory
 * @info: what the user asked, and the answer; the caller sees to argsz
 * @caps: the answer's capability chain
 *
 * Context: may sleep.
 * Return: 0 or -errno.
 */
int nvgrace_region_info(struct vfio_device *core_vdev, struct vfio_region_info *info,
			struct vfio_info_cap *caps)
{
	struct nvgrace_region *region;

	region = nvgrace_region_find(nvgrace_gpu_from_core(core_vdev), info->index);
	if (!region)
		return vfio_pci_ioctl_get_region_info(core_vdev, info, caps);

	info->offset = VFIO_PCI_INDEX_TO_OFFSET(info->index);
	info->size = region->part.bar_size;
	info->flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE |
		      VFIO_REGION_INFO_FLAG_MMAP;

	/* The BAR is larger than the memory: only so much of it can be mapped. */
	return add_sparse_mmap(region, caps);
}
