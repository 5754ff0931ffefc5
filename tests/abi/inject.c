// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fault injection for one thread: Documentation/fault-injection/fault-injection.rst,
 * /proc/<pid>/fail-nth.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host.h"
#include "inject.h"
#include "tap.h"

#define INJECTION_DIR "/sys/kernel/debug/"
/* More places than any call here has. */
#define PLACES_MAX 5000

static int fail_nth;

/* Every allocation, also those that could wait for memory, and without a word. */
void inject_prepare(void)
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

/* What was asked for before may fail this: once. */
static void inject(unsigned int nth)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", nth);
	long ret = tap_sys(pwrite(fail_nth, text, len, 0));

	if (ret == -EFAULT)
		ret = tap_sys(pwrite(fail_nth, text, len, 0));
	CHECK_RET(ret, len);
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

void inject_each_place(const struct injected *injected, long good)
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
		if (reached && injected->may_be_short && ret > 0)
			CHECK(ret <= good, "place %u: %ld", nth, ret);
		else if (!reached || injected->may_not_fail || ret >= 0)
			CHECK(good < 0 ? ret >= 0 : ret == good,
			      "place %u: %ld, not %ld", nth, ret, good);
		else
			CHECK(ret == -ENOMEM || ret == -EFAULT || ret == -EBUSY, "place %u: %s",
			      nth, strerror(-ret));
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
