// SPDX-License-Identifier: GPL-2.0-only
/* Mappings at addresses that allow, or forbid, large leaves. */
#include <sys/mman.h>

#include "host.h"
#include "mapping.h"
#include "program.h"

void mapping_open(struct vfio *dev)
{
	u64 value;

	vfio_open(dev, &gpu);
	CHECK_RET(vfio_read(dev, USEMEM, 0, &value, 8), 8);
}

size_t mapping_pmds(unsigned int index, unsigned int count)
{
	u64 pmd = host_pmd_size();
	u64 there = gpu_memory(&gpu, index)->length / pmd;

	return (there < count ? there : count) * pmd;
}

char *mapping_at(const struct vfio *dev, unsigned int index, u64 offset,
		 size_t length, void *at)
{
	CHECK_RET(vfio_try_map(dev, index, offset, length,
			       PROT_READ | PROT_WRITE, MAP_SHARED, at, NULL),
		  0);
	return at;
}

char *mapping_congruent(const struct vfio *dev, unsigned int index, u64 offset,
			size_t length, size_t skew)
{
	size_t pmd = host_pmd_size();
	u64 address = gpu_memory(&gpu, index)->base + offset + skew;

	return mapping_at(dev, index, offset, length,
			  vfio_reserve(length, pmd, address % pmd));
}

u64 mapping_pfn(unsigned int index, u64 offset)
{
	return (gpu_memory(&gpu, index)->base + offset) / host_page_size();
}

struct touch_leaf mapping_touch(const char *at)
{
	u64 value;

	CHECK_RET(touch_load(at, &value), 0);
	return touch_walk(at);
}
