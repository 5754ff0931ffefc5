// SPDX-License-Identifier: GPL-2.0-only
/* D6.1: the ioctls, compared with those of vfio-pci on the same GPU. */
#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "answers.h"
#include "host.h"
#include "program.h"
#include "vfio.h"

static void same_answers(void)
{
	answers_same_as_core(&gpu);
}

static int set_ioeventfd(const struct vfio *dev, unsigned int index, u64 data)
{
	struct vfio_device_ioeventfd request = {
		.argsz = sizeof(request),
		.flags = VFIO_DEVICE_IOEVENTFD_32,
		.data = data,
		.fd = eventfd(0, EFD_CLOEXEC),
	};
	struct vfio_area area;

	vfio_area(dev, index, &area);
	request.offset = area.offset + 0x100;
	return tap_sys(ioctl(dev->device, VFIO_DEVICE_IOEVENTFD, &request));
}

static void ioeventfd(void)
{
	const unsigned int *index;
	struct vfio dev;

	vfio_open(&dev, &gpu);
	CHECK_RET(set_ioeventfd(&dev, VFIO_PCI_BAR0_REGION_INDEX, 1), -ENOTTY);
	for (index = program_regions(); *index; index++)
		CHECK_RET(set_ioeventfd(&dev, *index, 1), -ENOTTY);
	CHECK_RET(tap_sys(ioctl(dev.device, VFIO_DEVICE_IOEVENTFD, NULL)),
		  -ENOTTY);
}

/* An interrupt can be set up and taken down: that path is the core's. */
static void irqs(void)
{
	struct vfio dev;

	vfio_open(&dev, &gpu);
	CHECK_RET(vfio_set_interrupt(&dev, VFIO_PCI_REQ_IRQ_INDEX,
				     eventfd(0, EFD_CLOEXEC)), 0);
	CHECK_RET(vfio_set_interrupt(&dev, VFIO_PCI_REQ_IRQ_INDEX, -1), 0);
}

/* BAR0 is the physical one: what one path stores the other one shows. */
static void bar0(void)
{
	u32 value = 0x12345678, got;
	struct vfio dev;
	u32 *map;

	vfio_open(&dev, &gpu);
	map = vfio_map(&dev, VFIO_PCI_BAR0_REGION_INDEX, 0, host_page_size());
	CHECK_RET(vfio_write(&dev, VFIO_PCI_BAR0_REGION_INDEX, 0x40, &value,
			     4), 4);
	CHECK_EQ(__atomic_load_n(map + 0x40 / 4, __ATOMIC_RELAXED), value);
	__atomic_store_n(map + 0x40 / 4, ~value, __ATOMIC_SEQ_CST);
	CHECK_RET(vfio_read(&dev, VFIO_PCI_BAR0_REGION_INDEX, 0x40, &got, 4),
		  4);
	CHECK_EQ(got, ~value);
}

static const struct tap_test tests[] = {
	{ "D3, D6.1 every other region, every ioctl is answered as by vfio-pci",
	  same_answers },
	{ "D6.1 VFIO_DEVICE_IOEVENTFD: ENOTTY", ioeventfd },
	{ "D6.1 VFIO_DEVICE_SET_IRQS works", irqs },
	{ "D6.1 BAR0 is read, written and mapped as by vfio-pci", bar0 },
};

int main(int argc, char **argv)
{
	return program_run(argc, argv, tests, TAP_COUNT(tests));
}
