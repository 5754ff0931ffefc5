/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The device as its user sees it: group and container, regions, reset.
 *
 * Calls give what the system call gives, with -errno for failure; those
 * without a result end the test when they fail.
 */
#ifndef ABI_VFIO_H
#define ABI_VFIO_H

#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <sys/types.h>

#include "gpu.h"
#include "types.h"

#define CONFIG VFIO_PCI_CONFIG_REGION_INDEX

/* Space enough for a region info with its capabilities. */
#define REGION_INFO_MAX 512

/**
 * struct vfio - an open device
 * @gpu: which one
 * @container: /dev/vfio/vfio, or /dev/iommu
 * @group: /dev/vfio/N, or -1
 * @device: the device in it
 * @step: how far an open got
 * @iommufd_id: the iommufd's name for it, when opened by its cdev
 */
struct vfio {
	const struct gpu *gpu;
	int container;
	int group;
	int device;
	const char *step;
	u32 iommufd_id;
};

/**
 * struct vfio_area - a region and where it can be mapped
 * @offset: of the region in the device file
 * @size: of the region
 * @flags: VFIO_REGION_INFO_FLAG_*
 * @areas: number of sparse mmap areas; 0 without the capability
 * @area_offset: of the first area in the region
 * @area_size: of the first area
 */
struct vfio_area {
	u64 offset;
	u64 size;
	u32 flags;
	u32 areas;
	u64 area_offset;
	u64 area_size;
};

/* Opens container, group and device. */
int vfio_try_open(struct vfio *dev, const struct gpu *gpu);
void vfio_open(struct vfio *dev, const struct gpu *gpu);
void vfio_close(struct vfio *dev);

/* Opens a device in the container of another one. */
void vfio_join(struct vfio *dev, const struct gpu *gpu,
	       const struct vfio *other);

/* Opens a device by /dev/vfio/devices/vfioN and binds it to an iommufd. */
bool vfio_has_cdev(const struct gpu *gpu);
int vfio_try_open_cdev(struct vfio *dev, const struct gpu *gpu);
void vfio_open_cdev(struct vfio *dev, const struct gpu *gpu);

/* A new I/O address space of the iommufd, and the device in it, or in another object. */
u32 vfio_ioas_alloc(const struct vfio *dev);
void vfio_attach(const struct vfio *dev, u32 id);

/*
 * Is there room in what an iommufd makes for the device as VMMs ask for it?
 * Some kernels that can make it leave none.
 */
bool vfio_hwpt_has_iova(const struct gpu *gpu);

/* Is /dev/vfio/vfio, where the device is opened, iommufd's? */
bool vfio_container_is_iommufd(const struct vfio *dev);

/* VFIO_DEVICE_GET_REGION_INFO into a buffer with argsz as given. */
int vfio_region_info(const struct vfio *dev, unsigned int index, void *buffer,
		     u32 argsz);
void vfio_area(const struct vfio *dev, unsigned int index,
	       struct vfio_area *area);

ssize_t vfio_read(const struct vfio *dev, unsigned int index, u64 offset,
		  void *buffer, size_t count);
ssize_t vfio_write(const struct vfio *dev, unsigned int index, u64 offset,
		   const void *buffer, size_t count);

/* mmap() of a region; @at is a fixed address, or NULL. */
int vfio_try_map(const struct vfio *dev, unsigned int index, u64 offset,
		 size_t length, int prot, int flags, void *at, void **map);
void *vfio_map(const struct vfio *dev, unsigned int index, u64 offset,
	       size_t length);

/* Address space for a mapping with address % align == offset_in_align. */
void *vfio_reserve(size_t length, size_t align, size_t offset_in_align);

int vfio_reset(const struct vfio *dev);
int vfio_reset_by_sysfs(const struct vfio *dev);
int vfio_hot_reset(const struct vfio *dev);

/* As the device's user asks for it, by a write of DEVCTL. */
int vfio_reset_by_config(const struct vfio *dev);

/* One of those, while sysfs lets the device have only that method. */
int vfio_reset_by_method(const struct vfio *dev, const char *method,
			 int (*reset)(const struct vfio *dev));

/* The first interrupt of an index goes to an eventfd; -1: to none any more. */
int vfio_set_interrupt(const struct vfio *dev, unsigned int index, s32 fd);

/* A VFIO_DEVICE_FEATURE without data. */
int vfio_feature(const struct vfio *dev, u32 flags);

/* VFIO_DEVICE_FEATURE_DMA_BUF, newer than the headers of the tests. */
struct vfio_range {
	u64 offset;
	u64 length;
};

/* A dma-buf of the ranges of a region: its descriptor. */
int vfio_export(const struct vfio *dev, unsigned int index,
		const struct vfio_range *ranges, u32 count);

/* Where a capability is in the config region. */
u8 vfio_capability(const struct vfio *dev, u8 id);

/* 0 or 3: the device's user writes the PM control register. */
void vfio_set_power_state(const struct vfio *dev, u16 state);

/* Runtime PM puts the device to sleep on its own time. */
void vfio_wait_suspended(const struct vfio *dev);

/* PCI_COMMAND_MEMORY on or off, through the config region. */
void vfio_set_decode(const struct vfio *dev, bool on);

#endif
