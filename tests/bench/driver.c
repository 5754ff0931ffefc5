// SPDX-License-Identifier: GPL-2.0-only
/* Loading and unloading of modules. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
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
	int fd = open(driver->path, O_RDONLY | O_CLOEXEC);

	CHECK(fd >= 0, "%s: %s", driver->path, strerror(errno));
	CHECK_RET(tap_sys(syscall(SYS_finit_module, fd, "", 0)), 0);
	close(fd);
}

void driver_unload(void)
{
	CHECK_RET(tap_sys(syscall(SYS_delete_module, DRIVER, O_NONBLOCK)), 0);
}
