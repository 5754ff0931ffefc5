// SPDX-License-Identifier: GPL-2.0-only
/* D7: a page of GPU memory that has an uncorrectable error. */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "access.h"
#include "firmware_error.h"
#include "host.h"
#include "mapping.h"
#include "program.h"
#include "touch.h"

#define MARK 0x1dea5ULL
/* How many lost pages the driver remembers. */
#define LOST_MAX 512

static struct vfio dev;

static int signals;
static siginfo_t last_signal;

static void on_memory_error(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)context;
	last_signal = *info;
	__atomic_fetch_add(&signals, 1, __ATOMIC_SEQ_CST);
}

static int signals_seen(void)
{
	return __atomic_load_n(&signals, __ATOMIC_SEQ_CST);
}

static void catch_signals(void (*handler)(int, siginfo_t *, void *))
{
	struct sigaction action = {
		.sa_sigaction = handler,
		.sa_flags = SA_SIGINFO,
	};

	signals = 0;
	CHECK_RET(tap_sys(sigaction(SIGBUS, &action, NULL)), 0);
}

static void watch_signals(void)
{
	catch_signals(on_memory_error);
}

/* A memory error at an offset of a region; what the kernel says to it. */
static int lose(unsigned int index, u64 offset)
{
	return host_memory_error(gpu_memory(&gpu, index)->base + offset);
}

/* The driver takes the page away soon after the signal. */
static void wait_until_taken(const char *at)
{
	while (touch_walk(at).size)
		task_sleep_ms(1);
}

static void lose_mapped(unsigned int index, u64 offset, const char *at)
{
	watch_signals();
	CHECK_RET(lose(index, offset), 0);
	CHECK_EQ(signals_seen(), 1);
	wait_until_taken(at);
}

/* An open GPU all of whose pages are good. */
static void begin(void)
{
	host_rebind(gpu.bdf, DRIVER);
	mapping_open(&dev);
}

static void check_signal(const char *at, int code)
{
	CHECK_EQ(last_signal.si_code, code);
	CHECK_EQ((uintptr_t)last_signal.si_addr, (uintptr_t)at);
	CHECK_EQ(1ULL << last_signal.si_addr_lsb, host_page_size());
}

static void told(void)
{
	size_t page = host_page_size();
	const unsigned int *index;

	begin();
	for (index = program_regions(); *index; index++) {
		size_t length = mapping_pmds(*index, 3) - page;
		char *map = mapping_congruent(&dev, *index, page, length, 0);
		char *at = map + length / 2 / page * page;

		mapping_touch(at);
		lose_mapped(*index, at - map + page, at);
		check_signal(at, BUS_MCEERR_AR);
	}
}

/* Another process that wants to know early, as VMMs do. */
static void told_early(void)
{
	size_t page = host_page_size();
	int ready[2], status;
	char *map;
	pid_t pid;

	begin();
	map = vfio_map(&dev, USEMEM, 0, 4 * page);
	CHECK(!pipe(ready), "pipe: %s", strerror(errno));
	pid = fork();
	CHECK(pid >= 0, "fork: %s", strerror(errno));
	if (!pid) {
		CHECK_RET(tap_sys(prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_EARLY, 0, 0)), 0);
		mapping_touch(map + 2 * page);
		watch_signals();
		CHECK_RET(tap_sys(write(ready[1], "r", 1)), 1);
		while (!signals_seen())
			task_sleep_ms(1);
		check_signal(map + 2 * page, BUS_MCEERR_AO);
		_exit(0);
	}
	CHECK_RET(tap_sys(read(ready[0], &status, 1)), 1);
	watch_signals();
	CHECK_RET(lose(USEMEM, 2 * page), 0);
	check_signal(map + 2 * page, BUS_MCEERR_AR);
	waitpid(pid, &status, 0);
	CHECK(!status, "the other process saw something else");
}

/* Nobody was reading it: who asked for it is told, and nobody else. */
static void by_firmware(void)
{
	size_t page = host_page_size();
	u64 value;
	char *map;

	begin();
	CHECK_RET(tap_sys(prctl(PR_MCE_KILL, PR_MCE_KILL_SET,
				PR_MCE_KILL_EARLY, 0, 0)), 0);
	map = vfio_map(&dev, USEMEM, 0, 4 * page);
	mapping_touch(map + page);
	watch_signals();
	firmware_error_memory(gpu.usemem.base + page);
	while (!signals_seen())
		task_sleep_ms(1);
	check_signal(map + page, BUS_MCEERR_AO);
	CHECK_RET(vfio_read(&dev, USEMEM, page, &value, 8), -EIO);
	CHECK_RET(vfio_read(&dev, USEMEM, 2 * page, &value, 8), 8);
}

/* Who maps the device, but not that page, lives on. */
static void others_spared(void)
{
	size_t page = host_page_size();

	begin();
	mapping_touch(vfio_map(&dev, USEMEM, 0, 4 * page));
	watch_signals();
	CHECK_RET(lose(USEMEM, 4 * page), 0);
	CHECK_EQ(signals_seen(), 0);
}

static void check_gone(const char *at)
{
	u64 value;

	watch_signals();
	CHECK_RET(touch_load(at, &value), -EFAULT);
}

/* Leaves as large as can be, but for the one with the page in it. */
static void only_that_page(void)
{
	size_t page = host_page_size(), pmd = host_pmd_size(), lost = pmd + 7 * page, at;
	const unsigned int *index;

	begin();
	for (index = program_regions(); *index; index++) {
		u64 skip = -gpu_memory(&gpu, *index)->base % pmd;
		size_t length = mapping_pmds(*index, 4) - (skip ? pmd : 0);
		char *map = mapping_congruent(&dev, *index, skip, length, 0);

		for (at = 0; at < length; at += pmd / 2)
			CHECK_EQ(mapping_touch(map + at).size, host_largest_leaf());
		lose_mapped(*index, skip + lost, map + lost);
		check_gone(map + lost);
		for (at = pmd; at < 2 * pmd; at += 3 * page) {
			if (at == lost)
				continue;
			CHECK_EQ(mapping_touch(map + at).size, page);
			CHECK_EQ(touch_walk(map + at).pfn, mapping_pfn(*index, skip + at));
		}
		check_gone(map + lost);
		for (at = 0; at < length; at += at ? pmd : 2 * pmd)
			CHECK_EQ(mapping_touch(map + at).size, host_largest_leaf());

		/* The same for who comes later. */
		map = mapping_congruent(&dev, *index, skip, length, 0);
		CHECK_EQ(mapping_touch(map).size, host_largest_leaf());
		if (length > 2 * pmd)
			CHECK_EQ(touch_walk(map + 2 * pmd).size, host_largest_leaf());
		CHECK_EQ(touch_walk(map + pmd).size, 0);
		CHECK_EQ(mapping_touch(map + lost - page).size, page);
		CHECK_EQ(touch_walk(map + lost).size, 0);
		CHECK_EQ(touch_walk(map + lost + page).size, page);
		check_gone(map + lost);
	}
}

/* The signal of a later touch says that it is a memory error. */
static sigjmp_buf escape;

static void on_touch(int number, siginfo_t *info, void *context)
{
	on_memory_error(number, info, context);
	siglongjmp(escape, 1);
}

static void later_touch(void)
{
	size_t page = host_page_size();
	char *map;

	begin();
	map = vfio_map(&dev, USEMEM, 0, 4 * page);
	mapping_touch(map);
	lose_mapped(USEMEM, page, map + page);
	catch_signals(on_touch);
	if (!sigsetjmp(escape, 1)) {
		(void)__atomic_load_n(map + page + 8, __ATOMIC_RELAXED);
		CHECK(false, "the page could be read");
	}
	CHECK_EQ(last_signal.si_code, BUS_MCEERR_AR);
	CHECK_EQ((uintptr_t)last_signal.si_addr / page,
		 (uintptr_t)map / page + 1);
	CHECK_EQ(1ULL << last_signal.si_addr_lsb, page);
}

/* Every span that reaches the page ends before it. */
static void refused(void)
{
	size_t page = host_page_size(), length = 4 * page;
	const unsigned int *index;
	char *bytes = malloc(length);

	begin();
	for (index = program_regions(); *index; index++) {
		char *map = vfio_map(&dev, *index, 0, length);

		mapping_touch(map);
		lose_mapped(*index, 2 * page, map + 2 * page);
		memset(bytes, 1, length);
		CHECK_RET(vfio_read(&dev, *index, 0, bytes, length), 2 * page);
		CHECK_RET(vfio_write(&dev, *index, 1, bytes, length - 1),
			  2 * page - 1);
		CHECK_RET(vfio_read(&dev, *index, 2 * page, bytes, 1), -EIO);
		CHECK_RET(vfio_read(&dev, *index, 3 * page - 1, bytes, 2),
			  -EIO);
		CHECK_RET(vfio_write(&dev, *index, 2 * page + 8, bytes, 8),
			  -EIO);
		CHECK_RET(vfio_read(&dev, *index, 3 * page, bytes, page), page);
	}
}

/* Lost while a read waits for readiness: not read then. */
static void lost_in_a_wait(void)
{
	struct access accesses[ACCESS_KINDS];
	struct task task;

	begin();
	access_prepare(accesses, &dev, USEMEM, 0);
	host_gpu_never_ready(&gpu);
	CHECK_RET(vfio_reset(&dev), 0);
	task_start(&task, access_run, &accesses[ACCESS_READ]);
	CHECK(!task_ended(&task, 300), "a read did not wait for readiness");
	watch_signals();
	CHECK_RET(lose(USEMEM, 0), 0);
	host_gpu_set_ready(&gpu, true);
	CHECK_RET(task_end(&task), -EIO);
}

static void remembered(void)
{
	size_t page = host_page_size();
	u64 value;
	char *map;

	begin();
	map = vfio_map(&dev, USEMEM, 0, 4 * page);
	mapping_touch(map);
	lose_mapped(USEMEM, page, map + page);
	CHECK_RET(vfio_reset(&dev), 0);
	CHECK_RET(vfio_read(&dev, USEMEM, page, &value, 8), -EIO);
	check_gone(map + page);
	mapping_touch(map + 2 * page);
	munmap(map, 4 * page);
	vfio_close(&dev);
	mapping_open(&dev);
	CHECK_RET(vfio_read(&dev, USEMEM, page, &value, 8), -EIO);
	vfio_close(&dev);
	begin();
	CHECK_RET(vfio_read(&dev, USEMEM, page, &value, 8), 8);
}

/* More than can be remembered: nothing is given out any more. */
static void too_many(void)
{
	size_t page = host_page_size();
	const unsigned int *index;
	char *map, *resmem;
	unsigned int i;
	u64 value;

	begin();
	host_quiet(true);
	map = vfio_map(&dev, USEMEM, 0, 4 * LOST_MAX * page);
	mapping_touch(map);
	resmem = gpu.resmem.length ? vfio_map(&dev, RESMEM, 0, page) : map;
	mapping_touch(resmem);
	watch_signals();
	for (i = 0; i < LOST_MAX; i++)
		CHECK_RET(lose(USEMEM, 2 * i * page), 0);
	CHECK_RET(vfio_read(&dev, USEMEM, 0, &value, 8), -EIO);
	CHECK_RET(vfio_read(&dev, USEMEM, page, &value, 8), 8);
	CHECK_EQ(host_gpu_number(&gpu, "lost_pages"), LOST_MAX);
	mapping_touch(map + page);
	lose_mapped(USEMEM, 2 * i * page, map + page);
	wait_until_taken(resmem);
	CHECK_EQ(host_gpu_number(&gpu, "lost_pages"), LOST_MAX + 1);
	host_quiet(false);
	for (index = program_regions(); *index; index++)
		CHECK_RET(vfio_read(&dev, *index, page, &value, 8), -EIO);
	check_gone(map + page);
	check_gone(resmem);
}

/* Kernels that cannot tell a driver: they refuse, and nothing changes. */
static void nothing_changes(void)
{
	size_t page = host_page_size();
	const unsigned int *index;
	u64 value;

	begin();
	for (index = program_regions(); *index; index++) {
		char *map = vfio_map(&dev, *index, 0, 4 * page);

		CHECK_RET(touch_store(map + page, MARK), 0);
		watch_signals();
		CHECK_RET(lose(*index, page), -ENXIO);
		CHECK_EQ(signals_seen(), 0);
		CHECK_RET(touch_load(map + page, &value), 0);
		CHECK_EQ(value, MARK);
		CHECK_RET(vfio_read(&dev, *index, page, &value, 8), 8);
		CHECK_EQ(value, MARK);
	}
}

static const struct tap_test tests[] = {
	{ "D7 a memory error is told with the address and size of the page",
	  told },
	{ "D7 other processes that ask for it are told, too", told_early },
	{ "D7 a memory error in a record of the firmware is told, too",
	  by_firmware },
	{ "D7 who does not map the page is not told", others_spared },
	{ "D7 only the lost page is gone", only_that_page },
	{ "D7 a later touch of a lost page is a memory error", later_touch },
	{ "D7 read and write stop at a lost page, and give EIO there",
	  refused },
	{ "D7 a page lost while a read waits is not read", lost_in_a_wait },
	{ "D7 lost pages are known until the driver is unbound", remembered },
	{ "D7 when too many pages are lost, all are", too_many },
};

static const struct tap_test old_tests[] = {
	{ "D7 memory errors change nothing on a kernel that cannot tell",
	  nothing_changes },
};

int main(int argc, char **argv)
{
	if (host_has_symbol("register_pfn_address_space"))
		return program_run(argc, argv, tests, TAP_COUNT(tests));
	return program_run(argc, argv, old_tests, TAP_COUNT(old_tests));
}
