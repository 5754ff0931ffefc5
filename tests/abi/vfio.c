// SPDX-License-Identifier: GPL-2.0-only
/* VFIO calls of the test programs. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/iommufd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "host.h"
#include "tap.h"
#include "vfio.h"

/* The file offset of a region is a convention of vfio-pci, asked for once. */
static u64 region_offset(const struct vfio *dev, unsigned int index)
{
	static u64 offsets[VFIO_PCI_NUM_REGIONS];
	static bool known[VFIO_PCI_NUM_REGIONS];
	struct vfio_area area;

	if (!known[index]) {
		vfio_area(dev, index, &area);
		offsets[index] = area.offset;
		known[index] = true;
	}
	return offsets[index];
}

/* Each step of an open, so that a failure can be told from others. */
static int step(struct vfio *dev, const char *name, int ret)
{
	dev->step = name;
	return ret;
}

static int open_group(struct vfio *dev)
{
	char path[64];

	snprintf(path, sizeof(path), "/dev/vfio/%d", host_group(dev->gpu->bdf));
	dev->group = tap_sys(open(path, O_RDWR | O_CLOEXEC));
	if (dev->group < 0)
		return step(dev, "open of the group", dev->group);
	return step(dev, "VFIO_GROUP_SET_CONTAINER",
		    tap_sys(ioctl(dev->group, VFIO_GROUP_SET_CONTAINER,
				  &dev->container)));
}

static int open_device(struct vfio *dev)
{
	dev->device = tap_sys(ioctl(dev->group, VFIO_GROUP_GET_DEVICE_FD,
				    dev->gpu->bdf));
	return step(dev, "VFIO_GROUP_GET_DEVICE_FD",
		    dev->device < 0 ? dev->device : 0);
}

int vfio_try_open(struct vfio *dev, const struct gpu *gpu)
{
	int ret;

	*dev = (struct vfio){ gpu, -1, -1, -1, "open of the container", 0 };
	dev->container = tap_sys(open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC));
	ret = dev->container < 0 ? dev->container : open_group(dev);
	if (!ret)
		ret = step(dev, "VFIO_SET_IOMMU",
			   tap_sys(ioctl(dev->container, VFIO_SET_IOMMU,
					 VFIO_TYPE1v2_IOMMU)));
	if (!ret)
		ret = open_device(dev);
	if (ret)
		vfio_close(dev);
	return ret;
}

void vfio_join(struct vfio *dev, const struct gpu *gpu,
	       const struct vfio *other)
{
	*dev = (struct vfio){ gpu, dup(other->container), -1, -1, "", 0 };
	CHECK_RET(open_group(dev), 0);
	CHECK_RET(open_device(dev), 0);
}

void vfio_open(struct vfio *dev, const struct gpu *gpu)
{
	int ret = vfio_try_open(dev, gpu);

	CHECK(!ret, "cannot open %s through VFIO: %s: %s", gpu->bdf,
	      dev->step, strerror(-ret));
}

/* Names the device's node: .../vfio-dev/vfioN. */
static bool find_cdev(const struct gpu *gpu, char *path, size_t len)
{
	char folder[128];
	glob_t found;
	bool any;

	host_pci_path(folder, sizeof(folder), gpu->bdf, "vfio-dev/vfio*");
	any = !glob(folder, 0, NULL, &found);
	if (any)
		snprintf(path, len, "/dev/vfio/devices%s",
			 strrchr(found.gl_pathv[0], '/'));
	globfree(&found);
	return any && !access(path, F_OK);
}

bool vfio_has_cdev(const struct gpu *gpu)
{
	char path[128];

	return find_cdev(gpu, path, sizeof(path));
}

/* It can unmap everything, as type1 can, but not move what is mapped. */
bool vfio_container_is_iommufd(const struct vfio *dev)
{
	return ioctl(dev->container, VFIO_CHECK_EXTENSION, VFIO_UNMAP_ALL) == 1 &&
	       ioctl(dev->container, VFIO_CHECK_EXTENSION, VFIO_UPDATE_VADDR) == 0;
}

int vfio_try_open_cdev(struct vfio *dev, const struct gpu *gpu)
{
	struct vfio_device_bind_iommufd bind = { .argsz = sizeof(bind) };
	char path[128];
	int ret;

	*dev = (struct vfio){ gpu, -1, -1, -1, "cdev", 0 };
	if (!find_cdev(gpu, path, sizeof(path)))
		return -ENOENT;
	dev->container = tap_sys(open("/dev/iommu", O_RDWR | O_CLOEXEC));
	ret = step(dev, "/dev/iommu", dev->container < 0 ? dev->container : 0);
	if (!ret) {
		dev->device = tap_sys(open(path, O_RDWR | O_CLOEXEC));
		ret = step(dev, "open of the cdev", dev->device < 0 ? dev->device : 0);
	}
	if (!ret) {
		bind.iommufd = dev->container;
		ret = step(dev, "VFIO_DEVICE_BIND_IOMMUFD",
			   tap_sys(ioctl(dev->device, VFIO_DEVICE_BIND_IOMMUFD, &bind)));
	}
	dev->iommufd_id = bind.out_devid;
	if (ret)
		vfio_close(dev);
	return ret;
}

void vfio_open_cdev(struct vfio *dev, const struct gpu *gpu)
{
	int ret = vfio_try_open_cdev(dev, gpu);

	CHECK(!ret, "cannot open %s by its cdev: %s: %s", gpu->bdf, dev->step, strerror(-ret));
}

u32 vfio_ioas_alloc(const struct vfio *dev)
{
	struct iommu_ioas_alloc alloc = { .size = sizeof(alloc) };

	CHECK_RET(tap_sys(ioctl(dev->container, IOMMU_IOAS_ALLOC, &alloc)), 0);
	return alloc.out_ioas_id;
}

void vfio_attach(const struct vfio *dev, u32 id)
{
	struct vfio_device_attach_iommufd_pt attach = {
		.argsz = sizeof(attach),
		.pt_id = id,
	};

	CHECK_RET(tap_sys(ioctl(dev->device, VFIO_DEVICE_ATTACH_IOMMUFD_PT,
				&attach)), 0);
}

bool vfio_hwpt_has_iova(const struct gpu *gpu)
{
	struct iommu_hwpt_alloc hwpt = { .size = sizeof(hwpt) };
	struct iommu_iova_range ranges[8] = { 0 };
	struct iommu_ioas_iova_ranges query = {
		.size = sizeof(query),
		.num_iovas = TAP_COUNT(ranges),
		.allowed_iovas = (uintptr_t)ranges,
	};
	struct vfio dev;
	int ret;

	vfio_open_cdev(&dev, gpu);
	query.ioas_id = vfio_ioas_alloc(&dev);
	hwpt.dev_id = dev.iommufd_id;
	hwpt.pt_id = query.ioas_id;
	ret = tap_sys(ioctl(dev.container, IOMMU_HWPT_ALLOC, &hwpt));
	vfio_attach(&dev, ret ? query.ioas_id : hwpt.out_hwpt_id);
	CHECK_RET(tap_sys(ioctl(dev.container, IOMMU_IOAS_IOVA_RANGES, &query)), 0);
	vfio_close(&dev);
	return ranges[0].last > ranges[0].start;
}

void vfio_close(struct vfio *dev)
{
	if (dev->device >= 0)
		close(dev->device);
	if (dev->group >= 0)
		close(dev->group);
	if (dev->container >= 0)
		close(dev->container);
	dev->device = -1;
	dev->group = -1;
	dev->container = -1;
}

int vfio_region_info(const struct vfio *dev, unsigned int index, void *buffer,
		     u32 argsz)
{
	struct vfio_region_info head = { .argsz = argsz, .index = index };

	memcpy(buffer, &head, sizeof(head));
	return tap_sys(ioctl(dev->device, VFIO_DEVICE_GET_REGION_INFO, buffer));
}

void vfio_area(const struct vfio *dev, unsigned int index,
	       struct vfio_area *area)
{
	union {
		struct vfio_region_info head;
		char bytes[REGION_INFO_MAX];
	} info = { 0 };
	struct vfio_region_info_cap_sparse_mmap *sparse;
	struct vfio_info_cap_header *cap;
	u32 at;

	CHECK_RET(vfio_region_info(dev, index, &info, sizeof(info)), 0);
	*area = (struct vfio_area){
		.offset = info.head.offset,
		.size = info.head.size,
		.flags = info.head.flags,
	};
	if (!(info.head.flags & VFIO_REGION_INFO_FLAG_CAPS))
		return;
	for (at = info.head.cap_offset; at; at = cap->next) {
		CHECK(at + sizeof(*sparse) < sizeof(info),
		      "capability at %u of region %u", at, index);
		cap = (void *)(info.bytes + at);
		if (cap->id != VFIO_REGION_INFO_CAP_SPARSE_MMAP)
			continue;
		sparse = (void *)cap;
		area->areas = sparse->nr_areas;
		area->area_offset = sparse->areas[0].offset;
		area->area_size = sparse->areas[0].size;
	}
}

ssize_t vfio_read(const struct vfio *dev, unsigned int index, u64 offset,
		  void *buffer, size_t count)
{
	return tap_sys(pread(dev->device, buffer, count,
			     region_offset(dev, index) + offset));
}

ssize_t vfio_write(const struct vfio *dev, unsigned int index, u64 offset,
		   const void *buffer, size_t count)
{
	return tap_sys(pwrite(dev->device, buffer, count,
			      region_offset(dev, index) + offset));
}

int vfio_try_map(const struct vfio *dev, unsigned int index, u64 offset,
		 size_t length, int prot, int flags, void *at, void **map)
{
	void *got = mmap(at, length, prot, flags | (at ? MAP_FIXED : 0),
			 dev->device, region_offset(dev, index) + offset);

	if (got == MAP_FAILED)
		return -errno;
	if (map)
		*map = got;
	return 0;
}

void *vfio_map(const struct vfio *dev, unsigned int index, u64 offset,
	       size_t length)
{
	void *map = NULL;

	CHECK_RET(vfio_try_map(dev, index, offset, length,
			       PROT_READ | PROT_WRITE, MAP_SHARED, NULL, &map),
		  0);
	return map;
}

void *vfio_reserve(size_t length, size_t align, size_t offset_in_align)
{
	char *space = mmap(NULL, length + 2 * align, PROT_NONE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	uintptr_t start;

	CHECK(space != MAP_FAILED, "no address space for %zu bytes", length);
	start = ((uintptr_t)space + align - 1) / align * align;
	return (void *)(start + offset_in_align);
}

int vfio_set_interrupt(const struct vfio *dev, unsigned int index, s32 fd)
{
	char buffer[sizeof(struct vfio_irq_set) + sizeof(fd)];
	struct vfio_irq_set *set = (void *)buffer;

	*set = (struct vfio_irq_set){
		.argsz = sizeof(buffer),
		.flags = VFIO_IRQ_SET_DATA_EVENTFD |
			 VFIO_IRQ_SET_ACTION_TRIGGER,
		.index = index,
		.count = 1,
	};
	memcpy(set->data, &fd, sizeof(fd));
	return tap_sys(ioctl(dev->device, VFIO_DEVICE_SET_IRQS, set));
}

int vfio_feature(const struct vfio *dev, u32 flags)
{
	struct vfio_device_feature feature = {
		.argsz = sizeof(feature),
		.flags = flags,
	};

	return tap_sys(ioctl(dev->device, VFIO_DEVICE_FEATURE, &feature));
}

#define FEATURE_DMA_BUF 11

struct feature_dma_buf {
	struct vfio_device_feature head;
	u32 region_index;
	u32 open_flags;
	u32 flags;
	u32 nr_ranges;
	struct vfio_range ranges[];
};

int vfio_export(const struct vfio *dev, unsigned int index,
		const struct vfio_range *ranges, u32 count)
{
	size_t size = sizeof(struct feature_dma_buf) + count * sizeof(*ranges);
	struct feature_dma_buf *feature = calloc(1, size);
	int ret;

	feature->head.argsz = size;
	feature->head.flags = VFIO_DEVICE_FEATURE_GET | FEATURE_DMA_BUF;
	feature->region_index = index;
	feature->open_flags = O_RDWR | O_CLOEXEC;
	feature->nr_ranges = count;
	memcpy(feature->ranges, ranges, count * sizeof(*ranges));
	ret = tap_sys(ioctl(dev->device, VFIO_DEVICE_FEATURE, feature));
	free(feature);
	return ret;
}

u8 vfio_capability(const struct vfio *dev, u8 id)
{
	u8 at, got;

	CHECK_RET(vfio_read(dev, CONFIG, PCI_CAPABILITY_LIST, &at, 1), 1);
	while (at) {
		CHECK_RET(vfio_read(dev, CONFIG, at, &got, 1), 1);
		if (got == id)
			break;
		CHECK_RET(vfio_read(dev, CONFIG, at + PCI_CAP_LIST_NEXT, &at,
				    1), 1);
	}
	CHECK(at, "no capability %#x", id);
	return at;
}

void vfio_set_decode(const struct vfio *dev, bool on)
{
	u16 command;

	CHECK_RET(vfio_read(dev, CONFIG, PCI_COMMAND, &command, 2), 2);
	command &= ~PCI_COMMAND_MEMORY;
	if (on)
		command |= PCI_COMMAND_MEMORY;
	CHECK_RET(vfio_write(dev, CONFIG, PCI_COMMAND, &command, 2), 2);
}
