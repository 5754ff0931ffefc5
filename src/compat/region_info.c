// SPDX-License-Identifier: GPL-2.0-only
/*
 * VFIO_DEVICE_GET_REGION_INFO on kernels whose core has no hook in it: the
 * driver's hook is called from here, and the rest is left to the core.
 */
#include <linux/uaccess.h>

#include "../nvgrace_gpu.h"

#undef vfio_pci_core_ioctl

/*
 * What the driver's hook calls for regions that are not its own: there is no
 * such function in these cores, so have the whole ioctl passed on.
 */
int compat_vfio_pci_ioctl_get_region_info(struct vfio_device *core_vdev,
					  struct vfio_region_info *info,
					  struct vfio_info_cap *caps)
{
	return -ENOIOCTLCMD;
}

static int put_caps(struct vfio_region_info *info, struct vfio_info_cap *caps,
		    struct vfio_region_info __user *arg)
{
	if (!caps->size)
		return 0;

	info->flags |= VFIO_REGION_INFO_FLAG_CAPS;
	info->cap_offset = 0;
	if (info->argsz < sizeof(*info) + caps->size) {
		info->argsz = sizeof(*info) + caps->size;
		return 0;
	}

	vfio_info_cap_shift(caps, sizeof(*info));
	info->cap_offset = sizeof(*info);

	return copy_to_user(arg + 1, caps->buf, caps->size) ? -EFAULT : 0;
}

static long get_region_info(struct vfio_device *core_vdev, struct vfio_region_info __user *arg)
{
	const size_t minsz = offsetofend(struct vfio_region_info, offset);
	struct vfio_region_info info = {};
	struct vfio_info_cap caps = {};
	long ret;

	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz)
		return -EINVAL;

	ret = nvgrace_region_info(core_vdev, &info, &caps);
	if (!ret)
		ret = put_caps(&info, &caps, arg);
	if (!ret && copy_to_user(arg, &info, minsz))
		ret = -EFAULT;

	kfree(caps.buf);
	return ret;
}

long compat_vfio_pci_core_ioctl(struct vfio_device *core_vdev, unsigned int cmd,
				unsigned long arg)
{
	long ret = -ENOIOCTLCMD;

	if (cmd == VFIO_DEVICE_GET_REGION_INFO && core_vdev->ops == &nvgrace_memory_ops)
		ret = get_region_info(core_vdev, (void __user *)arg);
	if (ret == -ENOIOCTLCMD)
		ret = vfio_pci_core_ioctl(core_vdev, cmd, arg);

	return ret;
}
