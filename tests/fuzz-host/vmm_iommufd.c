// SPDX-License-Identifier: GPL-2.0-only
/* The ioctls of an iommufd, for a VMM that has its GPU by cdev; for another one nothing. */
#include <errno.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "host.h"
#include "ioas_map_file.h"
#include "tap.h"
#include "vmm.h"

/* Objects get numbers from 1 on; what a VMM makes are few. */
#define OBJECTS 24

static u32 object(struct rng *rng)
{
	return rng_chance(rng, 80) ? vmm.ioas : rng_below(rng, OBJECTS);
}

static u32 map_flags(struct rng *rng)
{
	return IOMMU_IOAS_MAP_FIXED_IOVA |
	       (rng_chance(rng, 80) ? IOMMU_IOAS_MAP_READABLE | IOMMU_IOAS_MAP_WRITEABLE :
				      rng_below(rng, 8));
}

static long map(struct rng *rng)
{
	u64 page = host_page_size(), at = (uintptr_t)arena_address(rng);
	struct iommu_ioas_map request = {
		.size = sizeof(request),
		.flags = map_flags(rng),
		.ioas_id = object(rng),
		.user_va = rng_chance(rng, 90) ? at / page * page : at,
		.length = (1 + rng_size(rng, 255)) * page,
		.iova = vmm_iova(rng),
	};

	return tap_sys(ioctl(vmm.dev.container, IOMMU_IOAS_MAP, &request));
}

/* A dma-buf of the GPU's own memory, which it keeps when the file is closed. */
static long map_memory(struct rng *rng)
{
	struct span span = arena_span(rng, &vmm.target->gpu, ARENA_SLOT);
	u64 page = host_page_size();
	struct vfio_range range = {
		span.offset / page * page,
		(span.length + page - 1) / page * page,
	};
	struct map_file request = {
		.size = sizeof(request),
		.flags = map_flags(rng),
		.ioas_id = object(rng),
		.fd = vfio_export(&vmm.dev, span.index, &range, 1),
		.start = rng_size(rng, 4) * page,
		.length = rng_chance(rng, 70) ? range.length : (1 + rng_size(rng, 255)) * page,
		.iova = vmm_iova(rng),
	};
	long ret;

	if (request.fd < 0)
		return request.fd;
	ret = tap_sys(ioctl(vmm.dev.container, IOAS_MAP_FILE, &request));
	close(request.fd);
	return ret;
}

static long unmap(struct rng *rng)
{
	struct iommu_ioas_unmap request = {
		.size = sizeof(request),
		.ioas_id = object(rng),
		.iova = rng_chance(rng, 70) ? vmm_iova(rng) : 0,
		.length = rng_chance(rng, 70) ? 16 * ARENA_SLOT : ~0ULL,
	};

	return tap_sys(ioctl(vmm.dev.container, IOMMU_IOAS_UNMAP, &request));
}

static long allocate(struct rng *rng)
{
	struct iommu_ioas_alloc ioas = { .size = sizeof(ioas) };
	struct iommu_hwpt_alloc hwpt = {
		.size = sizeof(hwpt),
		.flags = rng_chance(rng, 70) ? 0 : rng_below(rng, 16),
		.dev_id = rng_chance(rng, 90) ? vmm.dev.iommufd_id : rng_below(rng, OBJECTS),
		.pt_id = object(rng),
	};
	long ret;

	if (rng_chance(rng, 50))
		return tap_sys(ioctl(vmm.dev.container, IOMMU_HWPT_ALLOC, &hwpt));
	ret = tap_sys(ioctl(vmm.dev.container, IOMMU_IOAS_ALLOC, &ioas));
	if (!ret)
		vmm.ioas = ioas.out_ioas_id;
	return ret;
}

static long destroy(struct rng *rng)
{
	struct iommu_destroy request = {
		.size = sizeof(request),
		.id = rng_below(rng, OBJECTS),
	};

	return tap_sys(ioctl(vmm.dev.container, IOMMU_DESTROY, &request));
}

static long attach(struct rng *rng)
{
	struct vfio_device_attach_iommufd_pt attach = {
		.argsz = sizeof(attach),
		.pt_id = object(rng),
	};
	struct vfio_device_detach_iommufd_pt detach = { .argsz = sizeof(detach) };

	if (rng_chance(rng, 30))
		return tap_sys(ioctl(vmm.dev.device, VFIO_DEVICE_DETACH_IOMMUFD_PT, &detach));
	return tap_sys(ioctl(vmm.dev.device, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach));
}

long vmm_iommufd(struct lane *lane)
{
	static long (*const calls[])(struct rng *rng) = {
		map, map, map_memory, map_memory, unmap, allocate, attach, attach, destroy,
	};

	if (vmm.dev.group >= 0)
		return 0;
	return RNG_PICK(&lane->rng, calls)(&lane->rng);
}
