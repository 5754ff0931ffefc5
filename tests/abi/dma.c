// SPDX-License-Identifier: GPL-2.0-only
/* D4: what a VMM does with its mappings: it maps them for DMA of devices. */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "access.h"
#include "host.h"
#include "mapping.h"
#include "program.h"

#define IOVA (4 * GIB)
#define PATIENCE_MS 20000
#define STILL_WAITING_MS 300

static struct vfio dev;

static long map_dma(void *request)
{
	return tap_sys(ioctl(dev.container, VFIO_IOMMU_MAP_DMA, request));
}

static struct vfio_iommu_type1_dma_map request_for(void *map, size_t length)
{
	return (struct vfio_iommu_type1_dma_map){
		.argsz = sizeof(struct vfio_iommu_type1_dma_map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (uintptr_t)map,
		.iova = IOVA,
		.size = length,
	};
}

static void unmap_dma(size_t length)
{
	struct vfio_iommu_type1_dma_unmap request = {
		.argsz = sizeof(request),
		.iova = IOVA,
		.size = length,
	};

	CHECK_RET(tap_sys(ioctl(dev.container, VFIO_IOMMU_UNMAP_DMA,
				&request)), 0);
	CHECK_EQ(request.size, length);
}

/*
 * iommufd takes such memory only with a patch that NVIDIA's kernels have; VFIO's
 * own container always does.
 */
static bool may_refuse(int ret)
{
	return ret == -EFAULT && vfio_container_is_iommufd(&dev);
}

static void check_map_dma(struct vfio_iommu_type1_dma_map *request)
{
	int ret = map_dma(request);

	if (may_refuse(ret))
		return;
	CHECK_RET(ret, 0);
	unmap_dma(request->size);
}

/* From the start and up to the end, touched by nobody before. */
static void both_ends(void)
{
	struct vfio_iommu_type1_dma_map request;
	const unsigned int *index;
	void *map;
	int end;

	vfio_open(&dev, &gpu);
	for (index = program_regions(); *index; index++) {
		size_t length = mapping_pmds(*index, 4);

		for (end = 0; end < 2; end++) {
			u64 last = gpu_memory(&gpu, *index)->length - length;

			map = vfio_map(&dev, *index, end ? last : 0, length);
			request = request_for(map, length);
			check_map_dma(&request);
			munmap(map, length);
		}
	}
}

static void over_a_reset(void)
{
	size_t length = 4 * host_pmd_size();
	struct vfio_iommu_type1_dma_map request;
	struct access accesses[ACCESS_KINDS];
	int ret;

	vfio_open(&dev, &gpu);
	access_prepare(accesses, &dev, USEMEM, 0);
	request = request_for(vfio_map(&dev, USEMEM, 0, length), length);
	ret = map_dma(&request);
	if (!may_refuse(ret))
		CHECK_RET(ret, 0);
	CHECK_RET(vfio_reset(&dev), 0);
	access_check(&accesses[ACCESS_LOAD]);
	if (!ret)
		unmap_dma(length);
	check_map_dma(&request);
}

static void waits_for_ready(void)
{
	size_t length = 4 * host_page_size();
	struct vfio_iommu_type1_dma_map request;
	struct task task;
	bool iommufd;

	host_gpu_never_ready(&gpu);
	vfio_open(&dev, &gpu);
	/* While a mapping is made, type1 does not answer. */
	iommufd = vfio_container_is_iommufd(&dev);
	request = request_for(vfio_map(&dev, USEMEM, 0, length), length);
	task_start(&task, map_dma, &request);
	if (iommufd && task_ended(&task, STILL_WAITING_MS)) {
		CHECK_RET(task_end(&task), -EFAULT);
		return;
	}
	CHECK(!task_ended(&task, STILL_WAITING_MS), "it did not wait, but gave %ld",
	      task_end(&task));
	host_gpu_set_ready(&gpu, true);
	CHECK(task_ended(&task, PATIENCE_MS), "it waits on");
	CHECK_RET(task_end(&task), 0);
	unmap_dma(length);
}

static const struct tap_test tests[] = {
	{ "D4.2 mappings can be mapped for DMA, to their ends", both_ends },
	{ "D6.2 DMA mappings and resets go together", over_a_reset },
	{ "D6.2 mapping for DMA waits until ready", waits_for_ready },
};

int main(int argc, char **argv)
{
	return program_run(argc, argv, tests, TAP_COUNT(tests));
}
