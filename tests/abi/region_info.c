// SPDX-License-Identifier: GPL-2.0-only
/* D3: what VFIO_DEVICE_GET_REGION_INFO tells. */
#include <errno.h>
#include <string.h>

#include "host.h"
#include "program.h"
#include "vfio.h"

#define CANARY 0xa5
#define MEMORY_FLAGS (VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE | \
		      VFIO_REGION_INFO_FLAG_MMAP | VFIO_REGION_INFO_FLAG_CAPS)
#define HEAD_SIZE sizeof(struct vfio_region_info)
#define CAP_SIZE (sizeof(struct vfio_region_info_cap_sparse_mmap) + \
		  sizeof(struct vfio_region_sparse_mmap_area))
#define FULL_SIZE (HEAD_SIZE + CAP_SIZE)

static void check_memory(unsigned int index)
{
	const struct gpu_memory *memory = gpu_memory(&gpu, index);
	u64 page = host_page_size();
	struct vfio_area area;
	struct vfio dev;

	vfio_open(&dev, &gpu);
	vfio_area(&dev, index, &area);
	CHECK_EQ(area.size, memory->bar);
	CHECK_EQ(area.flags, MEMORY_FLAGS);
	CHECK_EQ(area.areas, 1);
	CHECK_EQ(area.area_offset, 0);
	CHECK_EQ(area.area_size, memory->length / page * page);
	vfio_close(&dev);
}

static void memory_regions(void)
{
	const unsigned int *index;

	for (index = program_regions(); *index; index++)
		check_memory(*index);
}

/* The buffer ends, for the kernel, after argsz bytes: the rest is canary. */
static void check_argsz(const struct vfio *dev, unsigned int index,
			u32 argsz)
{
	unsigned char buffer[REGION_INFO_MAX];
	struct vfio_region_info *info = (void *)buffer;
	size_t written, i;
	int ret;

	memset(buffer, CANARY, sizeof(buffer));
	ret = vfio_region_info(dev, index, buffer, argsz);
	if (argsz < HEAD_SIZE) {
		CHECK(ret == -EINVAL, "argsz %u gave %d, not -EINVAL", argsz,
		      ret);
		CHECK_EQ(info->argsz, argsz);
		return;
	}
	CHECK(!ret, "argsz %u: %s", argsz, strerror(-ret));
	CHECK_EQ(info->flags, MEMORY_FLAGS);
	CHECK_EQ(info->size, gpu_memory(&gpu, index)->bar);
	if (argsz < FULL_SIZE) {
		CHECK_EQ(info->argsz, FULL_SIZE);
		CHECK_EQ(info->cap_offset, 0);
		written = HEAD_SIZE;
	} else {
		CHECK_EQ(info->argsz, argsz);
		CHECK_EQ(info->cap_offset, HEAD_SIZE);
		written = FULL_SIZE;
	}
	for (i = written; i < sizeof(buffer); i++)
		CHECK(buffer[i] == CANARY, "argsz %u: byte %zu was written",
		      argsz, i);
}

static void argsz(void)
{
	const unsigned int *index;
	struct vfio dev;
	u32 size;

	vfio_open(&dev, &gpu);
	for (index = program_regions(); *index; index++)
		for (size = 0; size < FULL_SIZE + 100; size++)
			check_argsz(&dev, *index, size);
}

/* A first call learns the size, a second one gets the capability. */
static void two_calls(void)
{
	const struct gpu_memory *memory = gpu_memory(&gpu, USEMEM);
	char buffer[REGION_INFO_MAX];
	struct vfio_region_info *info = (void *)buffer;
	struct vfio_region_info_cap_sparse_mmap *sparse;
	struct vfio dev;

	vfio_open(&dev, &gpu);
	CHECK_RET(vfio_region_info(&dev, USEMEM, buffer, HEAD_SIZE), 0);
	CHECK_RET(vfio_region_info(&dev, USEMEM, buffer, info->argsz), 0);
	sparse = (void *)(buffer + info->cap_offset);
	CHECK_EQ(sparse->header.id, VFIO_REGION_INFO_CAP_SPARSE_MMAP);
	CHECK_EQ(sparse->header.version, 1);
	CHECK_EQ(sparse->header.next, 0);
	CHECK_EQ(sparse->nr_areas, 1);
	CHECK_EQ(sparse->areas[0].size,
		 memory->length / host_page_size() * host_page_size());
}

static const struct tap_test tests[] = {
	{ "D3 memory regions: size, flags and sparse mmap area", memory_regions },
	{ "D3 argsz of every size: grown, refused, never overrun", argsz },
	{ "D3 a second call with the argsz of the first gets the area", two_calls },
};

int main(int argc, char **argv)
{
	return program_run(argc, argv, tests, TAP_COUNT(tests));
}
