// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls in which the kernel has no memory, or cannot copy, at one place, for each place in
 * turn: they fail as calls that were never made, or do what they should.
 *
 * See Documentation/fault-injection/fault-injection.rst, /proc/<pid>/fail-nth.
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
#include <sys/syscall.h>
#include <unistd.h>

#include "access.h"
#include "host.h"
#include "leaks.h"
#include "program.h"

#define INJECTION_DIR "/sys/kernel/debug/"
#define MARK 0xfa1175ULL
/* More places than any call here has. */
#define PLACES_MAX 5000

/**
 * struct injected - a call that is made with each of its places failing
 * @before: what has to be there for it (may be NULL)
 * @call: makes one system call
 * @after: undoes it, checks what it has left; gets what it gave (may be NULL)
 * @may_not_fail: the kernel tries again by itself
 */
struct injected {
	void (*before)(void);
	long (*call)(void);
	void (*after)(long ret);
	bool may_not_fail;
};

static struct vfio dev;
static struct access accesses[ACCESS_KINDS];
static int fail_nth, file;
static char buffer[4096];

/* Every allocation, also those that could wait for memory, and without a word. */
static void prepare(void)
{
	static const char * const kinds[] = { "failslab", "fail_page_alloc", "fail_usercopy" };
	static const char * const waits[] = {
		"failslab/ignore-gfp-wait", "fail_page_alloc/ignore-gfp-wait",
		"fail_page_alloc/ignore-gfp-highmem",
	};
	char path[PATH_MAX];
	size_t i;

	for (i = 0; i < TAP_COUNT(kinds); i++) {
		snprintf(path, sizeof(path), INJECTION_DIR "%s/verbose", kinds[i]);
		CHECK_RET(host_write(path, "0"), 0);
	}
	for (i = 0; i < TAP_COUNT(waits); i++) {
		snprintf(path, sizeof(path), INJECTION_DIR "%s", waits[i]);
		CHECK_RET(host_write(path, "N"), 0);
	}
	CHECK_RET(host_write(INJECTION_DIR "fail_page_alloc/min-order", "0"), 0);
	fail_nth = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	CHECK(fail_nth >= 0, "this kernel has no fail-nth");
}

static void inject(unsigned int nth)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", nth);

	CHECK_RET(tap_sys(pwrite(fail_nth, text, len, 0)), len);
}

/* Whether the place was reached. Where it was not, telling so is the next place. */
static bool was_injected(void)
{
	char text[16] = "";
	long got = tap_sys(pread(fail_nth, text, sizeof(text) - 1, 0));

	if (got == -EFAULT)
		return false;
	CHECK(got > 0, "fail-nth cannot be read: %s", strerror(-got));
	if (!strtol(text, NULL, 10))
		return true;
	inject(0);
	return false;
}

static void check_works(void)
{
	enum access_kind kind;

	for (kind = 0; kind < ACCESS_KINDS; kind++)
		access_check(&accesses[kind]);
}

static void begin(void)
{
	prepare();
	vfio_open(&dev, &gpu);
	access_prepare(accesses, &dev, USEMEM, 0);
	accesses[ACCESS_STORE].value = MARK;
	access_check(&accesses[ACCESS_STORE]);
	accesses[ACCESS_WRITE].value = MARK;
	check_works();
}

static void check_each_place(const struct injected *injected, long good)
{
	unsigned int nth, failures = 0;
	bool reached;
	long ret;

	for (nth = 1; nth <= PLACES_MAX; nth++) {
		if (injected->before)
			injected->before();
		inject(nth);
		ret = injected->call();
		reached = was_injected();
		/* An allocation that has failed may have another way. */
		if (!reached || injected->may_not_fail || ret >= 0)
			CHECK(good < 0 ? ret >= 0 : ret == good,
			      "place %u: %ld, not %ld", nth, ret, good);
		else
			CHECK(ret == -ENOMEM || ret == -EFAULT, "place %u: %s", nth,
			      strerror(-ret));
		failures += ret < 0;
		if (injected->after)
			injected->after(ret);
		if (!reached)
			break;
	}
	tap_note("%u places, at %u of them the call fails", nth - 1, failures);
	CHECK(nth > 1, "no place of the call could be made to fail");
	CHECK(nth <= PLACES_MAX, "there is no end of places");
}

static void close_it(long ret)
{
	if (ret >= 0)
		close(ret);
}

/* Any descriptor is good. */
#define A_FILE (-1)

static long get_device(void)
{
	return tap_sys(ioctl(dev.group, VFIO_GROUP_GET_DEVICE_FD, gpu.bdf));
}

static void by_open(void)
{
	static const struct injected injected = { NULL, get_device, close_it };

	prepare();
	/* A reset takes a tenth of a second. */
	CHECK_RET(host_pci_write(gpu.bdf, "reset_method", "\n"), 0);
	vfio_open(&dev, &gpu);
	close(dev.device);
	check_each_place(&injected, A_FILE);
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
	check_each_place(&injected, 0);
	check_works();
}

static void by_read(void)
{
	static const struct injected injected = { NULL, get_memory, check_memory };

	begin();
	check_each_place(&injected, sizeof(buffer));
	check_works();
}

static void by_write(void)
{
	static const struct injected injected = { NULL, put_memory };

	begin();
	CHECK_RET(get_memory(), sizeof(buffer));
	check_each_place(&injected, sizeof(buffer));
	check_works();
	CHECK_EQ(accesses[ACCESS_READ].value, MARK);
}

static void by_config(void)
{
	static const struct injected read = { NULL, get_config };
	static const struct injected write = { NULL, put_config };

	begin();
	check_each_place(&read, 64);
	check_each_place(&write, 8);
	check_works();
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
	check_each_place(&mapped, 0);
	check_each_place(&injected, 0);
	check_works();
}

static long reset(void)
{
	return vfio_reset(&dev);
}

static void check_after(long ret)
{
	(void)ret;
	check_works();
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
	static const struct injected ioctl = { NULL, reset, check_after };
	static const struct injected sysfs = { NULL, write_file, check_after };

	begin();
	check_each_place(&ioctl, 0);
	open_pci_file("reset");
	check_each_place(&sysfs, 1);
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
	check_each_place(&injected, 0);
	check_works();
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
	check_works();
}

static void by_power(void)
{
	static const struct injected injected = { NULL, sleep_now, wake };

	begin();
	check_each_place(&injected, 0);
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
	check_each_place(&injected, A_FILE);
	check_works();
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

static void by_bind(void)
{
	static const struct injected injected = { NULL, write_bdf, unbind_after };

	prepare();
	CHECK_RET(host_unbind(gpu.bdf), 0);
	CHECK_RET(host_pci_write(gpu.bdf, "driver_override", DRIVER), 0);
	open_file("/sys/bus/pci/drivers/" DRIVER "/bind");
	check_each_place(&injected, strlen(gpu.bdf));
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

	prepare();
	open_file("/sys/bus/pci/drivers/" DRIVER "/unbind");
	check_each_place(&injected, strlen(gpu.bdf));
	CHECK_RET(host_bind(gpu.bdf, DRIVER), 0);
	begin();
}

static long insert(void)
{
	return tap_sys(syscall(SYS_finit_module, file, "", 0));
}

static void remove_after(long ret)
{
	if (!ret)
		CHECK_RET(host_remove_driver(), 0);
}

/* That of the memory that modules are loaded into, too, which is the kernel's part. */
static void by_insert(void)
{
	static const struct injected injected = { NULL, insert, remove_after };

	prepare();
	CHECK_RET(host_unbind(gpu.bdf), 0);
	CHECK_RET(host_remove_driver(), 0);
	file = open(MODULE_FILE, O_RDONLY | O_CLOEXEC);
	CHECK(file >= 0, MODULE_FILE ": %s", strerror(errno));
	check_each_place(&injected, 0);
	CHECK_RET(insert(), 0);
	CHECK_RET(host_bind(gpu.bdf, DRIVER), 0);
	begin();
}

static const struct tap_test tests[] = {
	{ "D9.2 bind fails at each place: no driver has the GPU, the next bind works", by_bind, 1800 },
	{ "D9.2 unbind fails at each place: the driver has the GPU, or not", by_unbind, 600 },
	{ "D9.2 an open fails at each place: the next one works", by_open, 600 },
	{ "D9.2 VFIO_DEVICE_GET_REGION_INFO fails at each place", by_region_info },
	{ "D9.2 read() fails at each place", by_read },
	{ "D9.2 write() fails at each place", by_write },
	{ "D9.2 accesses to config space fail at each place", by_config },
	{ "D9.2 mmap() fails at each place; a touch does not", by_mapping, 300 },
	{ "D9.2 resets fail at each place: the memory can be used", by_reset, 600 },
	{ "D9.2 an interrupt is set up, failing at each place", by_interrupt, 600 },
	{ "D9.2 low power is entered, failing at each place", by_power, 600 },
	{ "D9.2 a dma-buf is exported, failing at each place", by_export, 300 },
	{ "D9.2 the module is inserted, failing at each place", by_insert, 1800 },
	{ "D9.2 nothing of the driver's or VFIO's memory was lost meanwhile", leaks_check, 600 },
};

int main(int argc, char **argv)
{
	return program_run(argc, argv, tests, TAP_COUNT(tests));
}
