// SPDX-License-Identifier: GPL-2.0-only
/* D8: counts, and what is told when memory is lost or does not become ready. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "access.h"
#include "host.h"
#include "mapping.h"
#include "program.h"
#include "task.h"
#include "uevent.h"

#define PATIENCE_MS 20000
/* Long enough for an event that should not come. */
#define QUIET_MS 500

static struct vfio dev;

static long count(const char *name)
{
	return host_gpu_number(&gpu, name);
}

/* A poller of a count: poll(2) wants it to have been read. */
static int watch(const char *name)
{
	char path[PATH_MAX], file[64], text[32];
	int fd;

	snprintf(file, sizeof(file), "nvgrace_gpu/%s", name);
	host_pci_path(path, sizeof(path), gpu.bdf, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0, "%s: %s", path, strerror(errno));
	CHECK(read(fd, text, sizeof(text)) > 0, "%s: nothing to read", path);
	return fd;
}

static bool wakes(int fd, long timeout_ms)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLPRI };

	CHECK(poll(&pollfd, 1, timeout_ms) >= 0, "poll: %s", strerror(errno));
	return pollfd.revents & POLLPRI;
}

static void check_event(int fd, const char *want)
{
	char text[128];

	uevent_next(fd, gpu.bdf, *want ? PATIENCE_MS : QUIET_MS, text,
		    sizeof(text));
	CHECK(!strcmp(text, want), "the uevent is '%s', expected '%s'", text,
	      want);
}

/* Bound just now. */
static void begin(void)
{
	host_rebind(gpu.bdf, DRIVER);
	CHECK_EQ(count("resets"), 0);
	CHECK_EQ(count("reset_failures"), 0);
	CHECK_EQ(count("readiness_timeouts"), 0);
	CHECK_EQ(count("lost_pages"), 0);
}

static int open_it(const struct vfio *vfio)
{
	(void)vfio;
	vfio_open(&dev, &gpu);
	return 0;
}

static int close_it(const struct vfio *vfio)
{
	(void)vfio;
	vfio_close(&dev);
	return 0;
}

/* As many as the GPU has seen. */
static void resets(void)
{
	static int (* const ways[])(const struct vfio *vfio) = {
		open_it, vfio_reset, vfio_reset_by_sysfs,
		vfio_reset_by_config,
		close_it, open_it,
	};
	long seen, i;

	begin();
	seen = host_control_get(gpu.bdf, "resets");
	for (i = 0; i < (long)TAP_COUNT(ways); i++) {
		CHECK_RET(ways[i](&dev), 0);
		CHECK_EQ(count("resets"), i + 1);
		CHECK_EQ(host_control_get(gpu.bdf, "resets") - seen, i + 1);
	}
	CHECK_EQ(count("reset_failures"), 0);
	vfio_close(&dev);
	begin();
}

static void bus_resets(void)
{
	long seen;

	begin();
	vfio_open(&dev, &gpu);
	seen = host_control_get(gpu.bdf, "resets") - count("resets");
	CHECK_RET(vfio_hot_reset(&dev), 0);
	CHECK_RET(vfio_reset_by_method(&dev, "bus", vfio_reset_by_sysfs), 0);
	CHECK_EQ(count("resets"), 3);
	CHECK_EQ(host_control_get(gpu.bdf, "resets") - seen, 3);
	CHECK_EQ(count("reset_failures"), 0);
}

/* The scenario gives the GPU a reset method in firmware that fails. */
static void failed_resets(void)
{
	begin();
	vfio_open(&dev, &gpu);
	CHECK(vfio_reset_by_method(&dev, "acpi", vfio_reset) < 0,
	      "it did not fail");
	CHECK_EQ(count("reset_failures"), 1);
	CHECK(vfio_reset_by_method(&dev, "acpi", vfio_reset_by_sysfs) < 0,
	      "it did not fail");
	CHECK_EQ(count("reset_failures"), 2);
	CHECK_EQ(count("resets"), 3);
	CHECK_RET(host_pci_write(gpu.bdf, "reset_method", "acpi"), 0);
	vfio_close(&dev);
	CHECK_EQ(count("reset_failures"), 3);
	CHECK_EQ(count("resets"), 4);
}

/* Known as far as somebody looks. */
static void last_ready(void)
{
	struct access accesses[ACCESS_KINDS];
	long start = task_now_ms(), last;
	struct task task;

	host_gpu_never_ready(&gpu);
	vfio_open(&dev, &gpu);
	access_prepare(accesses, &dev, USEMEM, 0);
	task_start(&task, access_run, &accesses[ACCESS_READ]);
	CHECK(!task_ended(&task, 500), "a read did not wait for readiness");
	host_gpu_set_ready(&gpu, true);
	CHECK_RET(task_end(&task), 0);
	last = count("last_ready_ms");
	CHECK(last > 50 && last <= task_now_ms() - start,
	      "last_ready_ms is %ld, it has been %ld", last,
	      task_now_ms() - start);
	access_check(&accesses[ACCESS_READ]);
	CHECK_EQ(count("last_ready_ms"), last);
	CHECK_RET(vfio_reset(&dev), 0);
	CHECK_EQ(count("last_ready_ms"), last);
	host_gpu_set_ready(&gpu, true);
	task_sleep_ms(100);
	access_check(&accesses[ACCESS_READ]);
	CHECK_EQ(count("last_ready_ms"), 0);
	CHECK_EQ(count("readiness_timeouts"), 0);
}

/* A GPU with a CXL DVSEC has one second until its link is up. */
static void not_ready(void)
{
	int uevents, poller;
	u64 value;

	begin();
	poller = watch("readiness_timeouts");
	uevents = uevent_open();
	host_control_set(gpu.bdf, "link_ms", -1);
	vfio_open(&dev, &gpu);
	CHECK(!wakes(poller, QUIET_MS), "woken too early");
	CHECK_RET(vfio_read(&dev, USEMEM, 0, &value, 8), -EIO);
	check_event(uevents, "change not-ready");
	CHECK(wakes(poller, PATIENCE_MS), "a poller does not wake up");
	CHECK_EQ(count("readiness_timeouts"), 1);
	CHECK_RET(vfio_read(&dev, USEMEM, 0, &value, 8), -EIO);
	CHECK_EQ(count("readiness_timeouts"), 1);
	check_event(uevents, "");
	CHECK_RET(vfio_reset(&dev), 0);
	CHECK_RET(vfio_read(&dev, USEMEM, 0, &value, 8), -EIO);
	CHECK_EQ(count("readiness_timeouts"), 2);
	check_event(uevents, "change not-ready");
	host_gpu_set_ready(&gpu, true);
	CHECK_RET(vfio_read(&dev, USEMEM, 0, &value, 8), 8);
	CHECK(count("last_ready_ms") >= 1000, "last_ready_ms is %ld",
	      count("last_ready_ms"));
	check_event(uevents, "");
	vfio_close(&dev);
	CHECK_EQ(count("readiness_timeouts"), 2);
}

static void not_ready_at_probe(void)
{
	int uevents;

	CHECK_RET(host_unbind(gpu.bdf), 0);
	host_control_set(gpu.bdf, "mem_info_valid", 0);
	uevents = uevent_open();
	CHECK_RET(host_bind(gpu.bdf, DRIVER), -ETIME);
	check_event(uevents, "change not-ready");
}

static int lose(u64 offset)
{
	return host_memory_error(gpu.usemem.base + offset);
}

static void ignore(int number)
{
	(void)number;
}

/* A mapping of some pages, whose user lives on when one is lost. */
static char *map_pages(void)
{
	char *map;

	mapping_open(&dev);
	map = vfio_map(&dev, USEMEM, 0, 4 * host_page_size());
	mapping_touch(map);
	/* A touch has a handler of its own. */
	signal(SIGBUS, ignore);
	return map;
}

static void lost_page(void)
{
	int uevents, poller;
	u64 value;
	char *map;

	begin();
	map = map_pages();
	poller = watch("lost_pages");
	uevents = uevent_open();
	CHECK(!wakes(poller, QUIET_MS), "woken too early");
	CHECK_RET(lose(host_page_size()), 0);
	check_event(uevents, "change memory-lost");
	CHECK(wakes(poller, PATIENCE_MS), "a poller does not wake up");
	CHECK_EQ(count("lost_pages"), 1);
	check_event(uevents, "");
	CHECK_RET(vfio_read(&dev, USEMEM, host_page_size(), &value, 8), -EIO);
	CHECK_RET(vfio_reset(&dev), 0);
	CHECK_EQ(count("lost_pages"), 1);
	CHECK_RET(lose(2 * host_page_size()), 0);
	CHECK_EQ(count("lost_pages"), 2);
	check_event(uevents, "change memory-lost");
	munmap(map, 4 * host_page_size());
	vfio_close(&dev);
	vfio_open(&dev, &gpu);
	CHECK_EQ(count("lost_pages"), 2);
	check_event(uevents, "");
}

/* Told of before the driver is gone, whatever it was doing. */
static void lost_then_unbound(void)
{
	size_t page = host_page_size();
	int uevents;
	char *map;

	begin();
	map = map_pages();
	uevents = uevent_open();
	CHECK_RET(lose(page), 0);
	munmap(map, 4 * page);
	vfio_close(&dev);
	CHECK_RET(host_unbind(gpu.bdf), 0);
	check_event(uevents, "change memory-lost");
	check_event(uevents, "unbind");
}

/* Kernels that cannot tell a driver. */
static void never_lost(void)
{
	begin();
	map_pages();
	CHECK_RET(lose(host_page_size()), -ENXIO);
	CHECK_EQ(count("lost_pages"), 0);
}

static const struct tap_test all_tests[] = {
	{ "D8 resets by open, ioctl, sysfs, config space and close are counted",
	  resets },
	{ "D8 last_ready_ms is how long the memory was waited for",
	  last_ready },
};

static const struct tap_test bus_tests[] = {
	{ "D8 hot resets and bus resets are counted", bus_resets },
};

static const struct tap_test failing_tests[] = {
	{ "D8 resets that fail are counted: ioctl, sysfs, close",
	  failed_resets },
};

static const struct tap_test cxl_tests[] = {
	{ "D8 memory that is not ready in time: counted, told by uevent and poll",
	  not_ready },
	{ "D8 memory that is not ready at probe: told by uevent",
	  not_ready_at_probe },
};

static const struct tap_test lost_tests[] = {
	{ "D8 a lost page: counted, told by uevent and poll", lost_page },
	{ "D8 a lost page is told of before an unbind", lost_then_unbound },
};

static const struct tap_test old_tests[] = {
	{ "D8 no page is lost on a kernel that cannot tell", never_lost },
};

/* A second argument "bus": its bus can be reset. */
int main(int argc, char **argv)
{
	struct gpu which = gpu_get(argc > 1 ? atoi(argv[1]) : 1);

	program_add(all_tests, TAP_COUNT(all_tests));
	if (argc > 2)
		program_add(bus_tests, TAP_COUNT(bus_tests));
	if (which.failing_reset)
		program_add(failing_tests, TAP_COUNT(failing_tests));
	if (which.cxl)
		program_add(cxl_tests, TAP_COUNT(cxl_tests));
	if (host_has_symbol("register_pfn_address_space"))
		program_add(lost_tests, TAP_COUNT(lost_tests));
	else
		program_add(old_tests, TAP_COUNT(old_tests));
	return program_run_added(argc, argv);
}
