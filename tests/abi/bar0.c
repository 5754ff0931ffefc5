// SPDX-License-Identifier: GPL-2.0-only
/* BAR0, as the user of the device has it. */
#include <errno.h>

#include "bar0.h"
#include "tap.h"
#include "touch.h"

char *bar0_map(const struct vfio *dev)
{
	char *map = vfio_map(dev, BAR0, 0, 0x10000);
	u64 value;

	CHECK_RET(touch_load(map + BAR0_SCRATCH, &value), 0);
	return map;
}

void bar0_check_works(const struct vfio *dev, const char *map)
{
	u64 value;

	CHECK_RET(vfio_read(dev, BAR0, BAR0_SCRATCH, &value, 4), 4);
	CHECK_RET(touch_load(map + BAR0_SCRATCH, &value), 0);
}

void bar0_check_refused(const struct vfio *dev, char *map)
{
	u64 value = 0;

	CHECK_RET(vfio_read(dev, BAR0, BAR0_SCRATCH, &value, 4), -EIO);
	CHECK_RET(vfio_write(dev, BAR0, BAR0_SCRATCH, &value, 4), -EIO);
	CHECK_RET(touch_load(map + BAR0_SCRATCH, &value), -EFAULT);
	CHECK_RET(touch_store(map + BAR0_SCRATCH, value), -EFAULT);
}
