// SPDX-License-Identifier: GPL-2.0-only
/*
 * What VFIO does with usemem when a guest starts: it maps the memory into the IOMMU, from QEMU's
 * mapping of it, or from a dma-buf.
 */
#include <errno.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "host.h"
#include "ioas_map_file.h"
#include "measure.h"

/* Page by page, all of it takes minutes in emulation.  Known to metrics.list. */
#define LENGTH (4 * GIB)
#define IOVA (4 * GIB)

static void map_and_unmap(const char *metric, unsigned long map_request, void *map,
			  unsigned long unmap_request, void *unmap)
{
	u64 start = sample_now();

	CHECK_RET(tap_sys(ioctl(dev.container, map_request, map)), 0);
	sample_since(metric, start);
	CHECK_RET(tap_sys(ioctl(dev.container, unmap_request, unmap)), 0);
}

/* Some kernels have iommufd in its place, which takes no such mapping. */
void measure_type1(void)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.iova = IOVA,
		.size = LENGTH,
	};
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.iova = IOVA,
		.size = LENGTH,
	};
	char *memory;

	if (vfio_container_is_iommufd(&dev)) {
		sample_none("dma_type1");
		return;
	}
	memory = vfio_map(&dev, USEMEM, 0, LENGTH);
	map.vaddr = (uintptr_t)memory;
	map_and_unmap("dma_type1", VFIO_IOMMU_MAP_DMA, &map, VFIO_IOMMU_UNMAP_DMA, &unmap);
	munmap(memory, LENGTH);
}

static void map_dmabuf(u32 ioas, int fd)
{
	struct map_file map = {
		.size = sizeof(map),
		.flags = IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_READABLE |
			 IOMMU_IOAS_MAP_WRITEABLE,
		.ioas_id = ioas,
		.fd = fd,
		.length = LENGTH,
		.iova = IOVA,
	};
	struct iommu_ioas_unmap unmap = {
		.size = sizeof(unmap),
		.ioas_id = ioas,
		.iova = IOVA,
		.length = LENGTH,
	};

	map_and_unmap("dma_iommufd", IOAS_MAP_FILE, &map, IOMMU_IOAS_UNMAP, &unmap);
}

/* Closes the device.  Not every kernel can map dma-bufs, not every driver exports them. */
void measure_iommufd(void)
{
	const struct vfio_range range = { 0, LENGTH };
	int fd = -ENOTTY;
	u32 ioas;

	vfio_close(&dev);
	if (vfio_has_cdev(&gpu) && host_has_symbol("vfio_pci_dma_buf_iommufd_map")) {
		vfio_open_cdev(&dev, &gpu);
		ioas = vfio_ioas_alloc(&dev);
		vfio_attach(&dev, ioas);
		fd = vfio_export(&dev, USEMEM, &range, 1);
	}
	if (fd >= 0)
		map_dmabuf(ioas, fd);
	else
		sample_none("dma_iommufd");
}
