// SPDX-License-Identifier: GPL-2.0-only
/* Loading and unloading of modules. */
#include <unistd.h>

#include "driver.h"
#include "host.h"
#include "tap.h"

const struct driver driver_ours = { "ours", MODULE_FILE };

const struct driver driver_in_kernel = {
	"in-kernel", "/rig/in-kernel/nvgrace-gpu-vfio-pci.ko"
};

bool driver_exists(const struct driver *driver)
{
	return !access(driver->path, F_OK);
}

void driver_load(const struct driver *driver)
{
	CHECK_RET(host_insert(driver->path), 0);
}

void driver_unload(void)
{
	CHECK_RET(host_remove_driver(), 0);
}
