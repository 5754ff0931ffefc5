// SPDX-License-Identifier: GPL-2.0-only
/* D7: the device by its cdev, and its memory in an iommufd. */
#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "access.h"
#include "host.h"
#include "ioas_map_file.h"
#include "program.h"

#define IOVA (4 * GIB)

static struct vfio dev;

static u32 open_with_ioas(void)
{
	u32 ioas;

	vfio_open_cdev(&dev, &gpu);
	ioas = vfio_ioas_alloc(&dev);
	vfio_attach(&dev, ioas);
	return ioas;
}

static void detach(void)
{
	struct vfio_device_detach_iommufd_pt detach = {
		.argsz = sizeof(detach),
	};

	CHECK_RET(tap_sys(ioctl(dev.device, VFIO_DEVICE_DETACH_IOMMUFD_PT,
				&detach)), 0);
}

static void attach_and_detach(void)
{
	open_with_ioas();
	detach();
	vfio_close(&dev);
	open_with_ioas();
}

/* Some kernels' ITS would lose a vector for good. */
static void interrupts(void)
{
	int event = eventfd(0, EFD_CLOEXEC);

	CHECK(event >= 0, "no eventfd");
	vfio_open_cdev(&dev, &gpu);
	CHECK_RET(vfio_set_interrupt(&dev, VFIO_PCI_MSI_IRQ_INDEX, event), -EINVAL);
	CHECK_RET(vfio_set_interrupt(&dev, VFIO_PCI_MSIX_IRQ_INDEX, event), -EINVAL);
	vfio_attach(&dev, vfio_ioas_alloc(&dev));
	CHECK_RET(vfio_set_interrupt(&dev, VFIO_PCI_MSIX_IRQ_INDEX, event), 0);
	detach();
	CHECK_RET(vfio_set_interrupt(&dev, VFIO_PCI_MSIX_IRQ_INDEX, event), -EINVAL);
	vfio_close(&dev);
	vfio_open(&dev, &gpu);
	CHECK_RET(vfio_set_interrupt(&dev, VFIO_PCI_MSI_IRQ_INDEX, event), 0);
}

static void all_accesses(void)
{
	struct access accesses[ACCESS_KINDS];
	const unsigned int *index;
	struct vfio_area area;

	open_with_ioas();
	for (index = program_regions(); *index; index++) {
		const struct gpu_memory *memory = gpu_memory(&gpu, *index);

		vfio_area(&dev, *index, &area);
		CHECK_EQ(area.size, memory->bar);
		CHECK_EQ(area.area_size, memory->length);
		access_prepare(accesses, &dev, *index,
			       memory->length - host_page_size());
		access_check_all(accesses);
		CHECK_RET(vfio_reset(&dev), 0);
		access_check_all(accesses);
	}
}

static int map(u32 ioas, int fd, u64 start, u64 length)
{
	struct map_file request = {
		.size = sizeof(request),
		.flags = IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_READABLE |
			 IOMMU_IOAS_MAP_WRITEABLE,
		.ioas_id = ioas,
		.fd = fd,
		.start = start,
		.length = length,
		.iova = IOVA,
	};

	return tap_sys(ioctl(dev.container, IOAS_MAP_FILE, &request));
}

static void unmap(u32 ioas, u64 length)
{
	struct iommu_ioas_unmap request = {
		.size = sizeof(request),
		.ioas_id = ioas,
		.iova = IOVA,
		.length = length,
	};

	CHECK_RET(tap_sys(ioctl(dev.container, IOMMU_IOAS_UNMAP, &request)), 0);
	CHECK_EQ(request.length, length);
}

static int export_all(unsigned int index)
{
	const struct vfio_range all = { 0, gpu_memory(&gpu, index)->length };
	int fd = vfio_export(&dev, index, &all, 1);

	CHECK(fd >= 0, "region %u is not exported: %s", index, strerror(-fd));
	return fd;
}

static void map_dmabuf(void)
{
	u32 ioas = open_with_ioas();
	const unsigned int *index;

	for (index = program_regions(); *index; index++) {
		u64 length = gpu_memory(&gpu, *index)->length;
		u64 page = host_page_size();
		int fd = export_all(*index);

		CHECK_RET(map(ioas, fd, 0, length), 0);
		unmap(ioas, length);
		CHECK_RET(map(ioas, fd, length - page, page), 0);
		unmap(ioas, page);
		CHECK_RET(map(ioas, fd, page, length), -EINVAL);
		close(fd);
	}
}

/* The mapping stays, without the memory; it is never given back by itself. */
static void over_a_reset(void)
{
	u64 length = gpu.usemem.length;
	u32 ioas = open_with_ioas();
	int fd = export_all(USEMEM);

	CHECK_RET(map(ioas, fd, 0, length), 0);
	CHECK_RET(vfio_reset(&dev), 0);
	unmap(ioas, length);
	CHECK_RET(map(ioas, fd, 0, length), 0);
	unmap(ioas, length);
}

static const struct tap_test tests[] = {
	{ "D7 iommufd: bind, attach, detach, again", attach_and_detach },
	{ "D6.4b iommufd: no interrupts while it is not attached", interrupts },
	{ "D7 iommufd: every access works by cdev, and after a reset", all_accesses },
	{ "D7 iommufd: dma-bufs of the memory can be mapped, to their ends", map_dmabuf },
	{ "D7 iommufd: such mappings and resets go together", over_a_reset },
};

static void not_exported(void)
{
	const struct vfio_range page = { 0, host_page_size() };

	open_with_ioas();
	CHECK_RET(vfio_export(&dev, USEMEM, &page, 1), -ENOTTY);
}

static const struct tap_test tests_without_dmabuf[] = {
	{ "D7 iommufd: bind, attach, detach, again", attach_and_detach },
	{ "D6.4b iommufd: no interrupts while it is not attached", interrupts },
	{ "D6.4b iommufd: no interrupts while it is not attached", interrupts },
	{ "D7 iommufd: every access works by cdev, and after a reset", all_accesses },
	{ "D7 iommufd: no dma-bufs of the memory, on a kernel without", not_exported },
};

static void absent(void)
{
	CHECK(!vfio_has_cdev(&gpu), "there is a cdev without an iommufd");
	vfio_open(&dev, &gpu);
}

static const struct tap_test tests_without[] = {
	{ "D7 iommufd: by group only, on a kernel without", absent },
};

int main(int argc, char **argv)
{
	if (access("/dev/iommu", F_OK))
		return program_run(argc, argv, tests_without,
				   TAP_COUNT(tests_without));
	if (!host_has_symbol("vfio_pci_dma_buf_iommufd_map"))
		return program_run(argc, argv, tests_without_dmabuf,
				   TAP_COUNT(tests_without_dmabuf));
	return program_run(argc, argv, tests, TAP_COUNT(tests));
}
