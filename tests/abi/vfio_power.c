// SPDX-License-Identifier: GPL-2.0-only
/* The device sleeps: as its user has it, or as the kernel does. */
#include <string.h>

#include "host.h"
#include "tap.h"
#include "task.h"
#include "vfio.h"

#define PATIENCE_MS 20000

void vfio_set_power_state(const struct vfio *dev, u16 state)
{
	u8 at = vfio_capability(dev, PCI_CAP_ID_PM);
	u16 control;

	CHECK_RET(vfio_read(dev, CONFIG, at + PCI_PM_CTRL, &control, 2), 2);
	control = (control & ~PCI_PM_CTRL_STATE_MASK) | state;
	CHECK_RET(vfio_write(dev, CONFIG, at + PCI_PM_CTRL, &control, 2), 2);
}

void vfio_wait_suspended(const struct vfio *dev)
{
	long until = task_now_ms() + PATIENCE_MS;
	char status[32];

	do {
		CHECK_RET(host_pci_read(dev->gpu->bdf, "power/runtime_status", status,
					sizeof(status)), 0);
		if (!strcmp(status, "suspended"))
			return;
		task_sleep_ms(10);
	} while (task_now_ms() < until);
	CHECK(false, "the device does not sleep, it is %s", status);
}
