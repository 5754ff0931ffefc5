// SPDX-License-Identifier: GPL-2.0-only
/* The ways to have the device reset. */
#include <sys/ioctl.h>

#include "host.h"
#include "tap.h"
#include "vfio.h"

int vfio_reset(const struct vfio *dev)
{
	return tap_sys(ioctl(dev->device, VFIO_DEVICE_RESET));
}

int vfio_reset_by_sysfs(const struct vfio *dev)
{
	return host_pci_write(dev->gpu->bdf, "reset", "1");
}

int vfio_hot_reset(const struct vfio *dev)
{
	char buffer[sizeof(struct vfio_pci_hot_reset) + sizeof(int32_t)];
	struct vfio_pci_hot_reset *reset = (void *)buffer;

	reset->argsz = sizeof(buffer);
	reset->flags = 0;
	/* Whoever came by a cdev owns what that is bound to. */
	reset->count = dev->group >= 0;
	reset->group_fds[0] = dev->group;
	return tap_sys(ioctl(dev->device, VFIO_DEVICE_PCI_HOT_RESET, reset));
}

int vfio_reset_by_config(const struct vfio *dev)
{
	u8 at = vfio_capability(dev, PCI_CAP_ID_EXP);
	u16 control;

	CHECK_RET(vfio_read(dev, CONFIG, at + PCI_EXP_DEVCTL, &control, 2), 2);
	control |= PCI_EXP_DEVCTL_BCR_FLR;
	CHECK_RET(vfio_write(dev, CONFIG, at + PCI_EXP_DEVCTL, &control, 2), 2);
	return 0;
}

int vfio_reset_by_method(const struct vfio *dev, const char *method,
			 int (*reset)(const struct vfio *dev))
{
	const char *bdf = dev->gpu->bdf;
	int ret;

	CHECK_RET(host_pci_write(bdf, "reset_method", method), 0);
	ret = reset(dev);
	CHECK_RET(host_pci_write(bdf, "reset_method", "default"), 0);
	return ret;
}
