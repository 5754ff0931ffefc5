// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls in which the kernel has no memory, or cannot copy, at one place, for each place in
 * turn: they fail as calls that were never made, or do what they should.
 *
 * Insertion of the module is left out: jump labels warn when a module is given up.
 * VFIO_DEVICE_RESET has no such place.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "access.h"
#include "host.h"
#include "inject.h"
#include "kmsg.h"
#include "leaks.h"
#include "program.h"

#define MARK 0xfa1175ULL

static struct vfio dev;
static struct access accesses[ACCESS_KINDS];
static int file;
static char buffer[4096];

static void begin(void)
{
	inject_prepare();
	vfio_open(&dev, &gpu);
	access_prepare(accesses, &dev, USEMEM, 0);
	accesses[ACCESS_STORE].value = MARK;
	access_check(&accesses[ACCESS_STORE]);
	accesses[ACCESS_WRITE].value = MARK;
	/* Asks where that region is, once. */
	vfio_read(&dev, CONFIG, 0, buffer, 4);
	access_check_all(accesses);
}

static void close_it(long ret)
{
	if (ret >= 0)
		close(ret);
}

static long get_device(void)
{
	return tap_sys(ioctl(dev.group, VFIO_GROUP_GET_DEVICE_FD, gpu.bdf));
}

static void by_open(void)
{
	static const struct injected injected = { NULL, get_device, close_it };

	inject_prepare();
	/* A reset takes a tenth of a second. */
	CHECK_RET(host_pci_write(gpu.bdf, "reset_method", "\n"), 0);
	vfio_open(&dev, &gpu);
	close(dev.device);
	inject_each_place(&injected, INJECT_ANY);
	vfio_close(&dev);
	begin();
}

static long get_region_info(void)
{
	return vfio_region_info(&dev, USEMEM, buffer, REGION_INFO_MAX);
}

static long get_memory(void)
{
	memset(buffer, 0, sizeof(buffer));
	return vfio_read(&dev, USEMEM, 0, buffer, sizeof(buffer));
}

static void check_memory(long ret)
{
	u64 value;

	memcpy(&value, buffer, sizeof(value));
	CHECK(ret < 0 || value == MARK, "%#llx was read", value);
}

static long put_memory(void)
{
	return vfio_write(&dev, USEMEM, 0, buffer, sizeof(buffer));
}

static long get_config(void)
{
	return vfio_read(&dev, CONFIG, 0, buffer, 64);
}

static long put_config(void)
{
	u64 ones = ~0ULL;

	return vfio_write(&dev, CONFIG, PCI_BASE_ADDRESS_4, &ones, 8);
}

static void by_region_info(void)
{
	static const struct injected injected = { NULL, get_region_info };

	begin();
	inject_each_place(&injected, 0);
	access_check_all(accesses);
}

static void by_read(void)
{
	static const struct injected injected = { NULL, get_memory, check_memory };

	begin();
	inject_each_place(&injected, sizeof(buffer));
	access_check_all(accesses);
}

static void by_write(void)
{
	static const struct injected injected = { NULL, put_memory };

	begin();
	CHECK_RET(get_memory(), sizeof(buffer));
	inject_each_place(&injected, sizeof(buffer));
	access_check_all(accesses);
	CHECK_EQ(accesses[ACCESS_READ].value, MARK);
}

static void by_config(void)
{
	static const struct injected read = { .call = get_config, .may_be_short = true };
	static const struct injected write = { NULL, put_config };

	begin();
	inject_each_place(&read, 64);
	inject_each_place(&write, 8);
	access_check_all(accesses);
}

/* With page tables of its own, which go with it. */
static void *place;

static long map(void)
{
	void *map;

	return vfio_try_map(&dev, USEMEM, 0, host_page_size(), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_FIXED, place, &map);
}

static void unmap(long ret)
{
	if (!ret)
		CHECK_RET(tap_sys(munmap(place, host_page_size())), 0);
}

static void map_untouched(void)
{
	CHECK_RET(map(), 0);
}

static struct access touched = { .dev = &dev, .kind = ACCESS_LOAD, .index = USEMEM };

static long touch(void)
{
	touched.map = place;
	return access_run(&touched);
}

static void unmap_touched(long ret)
{
	unmap(0);
	CHECK(ret || touched.value == MARK, "%#llx was loaded", touched.value);
}

static void by_mapping(void)
{
	static const struct injected mapped = { NULL, map, unmap };
	/* The kernel has the access made again. */
	static const struct injected injected = { map_untouched, touch, unmap_touched, true };

	begin();
	place = vfio_reserve(host_page_size(), GIB, 0);
	inject_each_place(&mapped, 0);
	inject_each_place(&injected, 0);
	access_check_all(accesses);
}

static void check_after(long ret)
{
	(void)ret;
	access_check_all(accesses);
}

static long write_file(void)
{
	return tap_sys(pwrite(file, "1", 1, 0));
}

static void open_file(const char *path)
{
	file = open(path, O_WRONLY | O_CLOEXEC);
	CHECK(file >= 0, "%s: %s", path, strerror(errno));
}

static void open_pci_file(const char *name)
{
	char path[PATH_MAX];

	host_pci_path(path, sizeof(path), gpu.bdf, name);
	open_file(path);
}

static void by_reset(void)
{
	static const struct injected injected = { NULL, write_file, check_after };

	begin();
	open_pci_file("reset");
	inject_each_place(&injected, 1);
}

static int event;

static long set_interrupt(void)
{
	return vfio_set_interrupt(&dev, VFIO_PCI_MSIX_IRQ_INDEX, event);
}

static void unset_interrupt(long ret)
{
	if (!ret)
		CHECK_RET(vfio_set_interrupt(&dev, VFIO_PCI_MSIX_IRQ_INDEX, -1), 0);
}

static void by_interrupt(void)
{
	static const struct injected injected = { NULL, set_interrupt, unset_interrupt };

	begin();
	event = eventfd(0, EFD_CLOEXEC);
	inject_each_place(&injected, 0);
	access_check_all(accesses);
}

static long sleep_now(void)
{
	return vfio_feature(&dev, VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY);
}

static void wake(long ret)
{
	if (!ret)
		CHECK_RET(vfio_feature(&dev, VFIO_DEVICE_FEATURE_SET |
				       VFIO_DEVICE_FEATURE_LOW_POWER_EXIT), 0);
	access_check_all(accesses);
}

static void by_power(void)
{
	static const struct injected injected = { NULL, sleep_now, wake };

	begin();
	inject_each_place(&injected, 0);
}

static long export(void)
{
	static const struct vfio_range range = { 0, 2 * MIB };

	return vfio_export(&dev, USEMEM, &range, 1);
}

static void by_export(void)
{
	static const struct injected injected = { NULL, export, close_it };

	begin();
	inject_each_place(&injected, INJECT_ANY);
	access_check_all(accesses);
}

static long write_bdf(void)
{
	return tap_sys(pwrite(file, gpu.bdf, strlen(gpu.bdf), 0));
}

static void unbind_after(long ret)
{
	char driver[NAME_MAX + 1];

	host_driver(gpu.bdf, driver, sizeof(driver));
	CHECK(ret < 0 ? !*driver : !strcmp(driver, DRIVER), "'%s' has it after %ld", driver, ret);
	if (ret >= 0)
		CHECK_RET(host_pci_write(gpu.bdf, "driver/unbind", gpu.bdf), 0);
}

/*
 * VFIO warns of a group that it cannot add, whoever wants it: the console, which is not to be
 * judged by that, hears nothing, and what the kernel says is read here.
 */
static void check_log(int log)
{
	static const char * const trouble[] = { "WARNING:", "BUG", "KASAN", "Oops", "rcu:" };
	char line[1024];
	ssize_t got;
	size_t i;

	while ((got = read(log, line, sizeof(line) - 1)) > 0 || errno == EPIPE) {
		line[got > 0 ? got : 0] = '\0';
		for (i = 0; i < TAP_COUNT(trouble); i++)
			CHECK(!strstr(line, trouble[i]) || strstr(line, "vfio_group_release"),
			      "the kernel says: %s", line);
		errno = 0;
	}
}

static void by_bind(void)
{
	static const struct injected injected = { NULL, write_bdf, unbind_after };
	int log = kmsg_open();

	inject_prepare();
	host_quiet(true);
	CHECK_RET(host_unbind(gpu.bdf), 0);
	CHECK_RET(host_pci_write(gpu.bdf, "driver_override", DRIVER), 0);
	open_file("/sys/bus/pci/drivers/" DRIVER "/bind");
	inject_each_place(&injected, strlen(gpu.bdf));
	check_log(log);
	host_quiet(false);
	CHECK_RET(host_bind(gpu.bdf, DRIVER), 0);
	begin();
}

static void bind_before(void)
{
	char driver[NAME_MAX + 1];

	host_driver(gpu.bdf, driver, sizeof(driver));
	if (!*driver)
		CHECK_RET(host_bind(gpu.bdf, DRIVER), 0);
}

static void by_unbind(void)
{
	static const struct injected injected = { bind_before, write_bdf };

	inject_prepare();
	open_file("/sys/bus/pci/drivers/" DRIVER "/unbind");
	inject_each_place(&injected, strlen(gpu.bdf));
	CHECK_RET(host_bind(gpu.bdf, DRIVER), 0);
	begin();
}

static const struct tap_test tests[] = {
	{ "D9.2 bind fails at each place: the next one works", by_bind, 1800 },
	{ "D9.2 unbind fails at each place: the driver has the GPU, or not", by_unbind, 600 },
	{ "D9.2 an open fails at each place: the next one works", by_open, 600 },
	{ "D9.2 VFIO_DEVICE_GET_REGION_INFO fails at each place", by_region_info },
	{ "D9.2 read() fails at each place", by_read },
	{ "D9.2 write() fails at each place", by_write },
	{ "D9.2 accesses to config space fail at each place", by_config },
	{ "D9.2 mmap() fails at each place; a touch does not", by_mapping, 300 },
	{ "D9.2 a reset by sysfs fails at each place", by_reset, 600 },
	{ "D9.2 an interrupt is set up, failing at each place", by_interrupt, 600 },
	{ "D9.2 low power is entered, failing at each place", by_power, 600 },
	{ "D9.2 a dma-buf is exported, failing at each place", by_export, 300 },
	{ "D9.2 nothing of the driver's or VFIO's memory was lost meanwhile", leaks_check, 600 },
};

int main(int argc, char **argv)
{
	return program_run(argc, argv, tests, TAP_COUNT(tests));
}
