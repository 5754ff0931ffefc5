// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's part of bind and unbind, in a recorded tree: what is written to unbind,
 * bind and drivers_probe moves the link "driver" of a device.  Linked in front of
 * tree_write().
 *
 * A driver whose folder has a file "refuses" takes no device, one with a file "keeps"
 * lets go of none.  All writes are told on stderr.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/tree.h"
#include "host/pci_device.h"

int __wrap_tree_write(const char *text, const char *format, ...);

static int attach(const char *bdf, const char *driver)
{
	char path[1024], target[256];

	if (!tree_exists(PCI_DRIVER_FOLDER "%s", driver) ||
	    tree_exists(PCI_DRIVER_FOLDER "%s/refuses", driver))
		return -ENODEV;
	snprintf(path, sizeof(path), "%s" PCI_DEVICE_FOLDER "%s/driver", tree_folder(), bdf);
	snprintf(target, sizeof(target), "../../../bus/pci/drivers/%s", driver);
	return symlink(target, path) ? -errno : 0;
}

static int detach(const char *bdf, const char *driver)
{
	char path[1024];

	if (tree_exists(PCI_DRIVER_FOLDER "%s/keeps", driver))
		return -EBUSY;
	snprintf(path, sizeof(path), "%s" PCI_DEVICE_FOLDER "%s/driver", tree_folder(), bdf);
	return unlink(path) ? -ENODEV : 0;
}

static int override(const char *path, const char *text)
{
	char full[1024];
	FILE *file;

	snprintf(full, sizeof(full), "%s%s", tree_folder(), path);
	file = fopen(full, "w");
	if (!file)
		return -errno;
	fprintf(file, "%s\n", *text == '\n' ? "(null)" : text);
	fclose(file);
	return 0;
}

int __wrap_tree_write(const char *text, const char *format, ...)
{
	struct pci_device pci;
	va_list arguments;
	char path[512];
	char *driver;
	char *file;

	va_start(arguments, format);
	vsnprintf(path, sizeof(path), format, arguments);
	va_end(arguments);
	fprintf(stderr, "kernel: %s <- %s\n", path, *text == '\n' ? "" : text);
	file = strrchr(path, '/') + 1;
	if (!strcmp(file, "driver_override"))
		return override(path, text);
	if (pci_device_read(&pci, text))
		return -ENODEV;
	if (!strcmp(file, "drivers_probe"))
		return pci.driver[0] || !pci.override[0] ? 0 : attach(text, pci.override);
	file[-1] = 0;
	driver = strrchr(path, '/') + 1;
	if (!strcmp(file, "bind"))
		return pci.driver[0] ? -EBUSY : attach(text, driver);
	return strcmp(pci.driver, driver) ? -ENODEV : detach(text, driver);
}
