// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's part of bind and unbind, in a recorded tree: what is written to unbind,
 * bind and drivers_probe moves the link "driver" of a device.  Linked in front of
 * tree_write().
 *
 * A driver whose folder has a file "refuses" takes no device, one with a file "keeps"
 * lets go of none, one with "slow" takes its time, one with "signals" sends the tool the
 * signal of that number; a write to a file fails that has one beside it with .fails at the
 * end of its name.  All writes are told on stderr.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/tree.h"
#include "host/pci_device.h"

int __wrap_tree_write(const char *text, const char *format, ...);

#ifdef COVERAGE
void __gcov_dump(void);

/* What a signal ends has to say what it has counted; it still ends by the signal. */
static void dump_and_end(int number)
{
	__gcov_dump();
	signal(number, SIG_DFL);
	raise(number);
}

[[gnu::constructor]]
static void count_to_the_end(void)
{
	static const int ends[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT };

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		signal(ends[i], dump_and_end);
}
#endif

/* The folder of a device. */
static int open_device(const char *bdf)
{
	return tree_open(O_PATH | O_DIRECTORY, PCI_DEVICE_FOLDER "%s", bdf);
}

static bool driver_has(const char *driver, const char *file)
{
	return tree_exists(PCI_DRIVER_FOLDER "%s/%s", driver, file);
}

static int attach(const char *bdf, const char *driver)
{
	char target[256];
	int fd, ret;

	if (!driver_has(driver, "bind") || driver_has(driver, "refuses"))
		return -ENODEV;
	fd = open_device(bdf);
	snprintf(target, sizeof(target), "../../../bus/pci/drivers/%s", driver);
	ret = symlinkat(target, fd, "driver") ? -errno : 0;
	close(fd);
	return ret;
}

static int detach(const char *bdf, const char *driver)
{
	__u64 signal;
	int fd, ret;

	if (driver_has(driver, "keeps"))
		return -EBUSY;
	if (driver_has(driver, "slow"))
		usleep(300000);
	fd = open_device(bdf);
	ret = unlinkat(fd, "driver", 0) ? -ENODEV : 0;
	close(fd);
	if (!tree_number(&signal, PCI_DRIVER_FOLDER "%s/signals", driver))
		raise(signal);
	return ret;
}

static int override(const char *bdf, const char *text)
{
	int folder = open_device(bdf);
	int fd = openat(folder, "driver_override", O_WRONLY | O_TRUNC);

	close(folder);
	if (fd < 0)
		return -errno;
	dprintf(fd, "%s\n", *text == '\n' ? "(null)" : text);
	close(fd);
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
	if (!strcmp(file, "driver_override")) {
		file[-1] = 0;
		return override(strrchr(path, '/') + 1, text);
	}
	if (tree_exists("%s.fails", path))
		return -EIO;
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
