// SPDX-License-Identifier: GPL-2.0-only
/* Accesses that survive SIGBUS, and what the kernel says about mappings. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tap.h"
#include "touch.h"

#define WALK_FILE "/sys/kernel/debug/virtual_gpu/walk"

static __thread sigjmp_buf escape;
static __thread bool armed;
static bool anything;

static void on_sigbus(int signal)
{
	if (__atomic_load_n(&armed, __ATOMIC_SEQ_CST))
		siglongjmp(escape, 1);
	_exit(128 + signal);
}

static void catch_sigbus(void)
{
	struct sigaction action = { .sa_handler = on_sigbus };

	sigaction(SIGBUS, &action, NULL);
	if (anything)
		sigaction(SIGSEGV, &action, NULL);
}

void touch_anything(void)
{
	anything = true;
}

/*
 * The handler jumps only while an access is under way; neither the compiler
 * nor the CPU may move the access out of that window.
 */
static void arm(bool on)
{
	__atomic_store_n(&armed, on, __ATOMIC_SEQ_CST);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

int touch_load(const void *at, u64 *value)
{
	catch_sigbus();
	if (sigsetjmp(escape, 1)) {
		arm(false);
		return -EFAULT;
	}
	arm(true);
	*value = __atomic_load_n((const u64 *)at, __ATOMIC_RELAXED);
	arm(false);
	return 0;
}

int touch_store(void *at, u64 value)
{
	catch_sigbus();
	if (sigsetjmp(escape, 1)) {
		arm(false);
		return -EFAULT;
	}
	arm(true);
	__atomic_store_n((u64 *)at, value, __ATOMIC_RELAXED);
	arm(false);
	return 0;
}

struct touch_leaf touch_walk(const void *at)
{
	struct touch_leaf leaf = { 0 };
	unsigned long long pfn;
	char text[128];
	ssize_t got;
	int fd;

	fd = open(WALK_FILE, O_RDWR | O_CLOEXEC);
	CHECK(fd >= 0, "%s: %s", WALK_FILE, strerror(errno));
	snprintf(text, sizeof(text), "%#lx", (unsigned long)at);
	CHECK_RET(tap_sys(write(fd, text, strlen(text))), (long)strlen(text));
	got = pread(fd, text, sizeof(text) - 1, 0);
	CHECK(got > 0, "%s says nothing", WALK_FILE);
	text[got] = '\0';
	close(fd);
	CHECK(sscanf(text, "leaf=%zu attr=%15s pfn=%llx", &leaf.size, leaf.attr,
		     &pfn) == 3 || !leaf.size,
	      "%s says %s", WALK_FILE, text);
	leaf.pfn = leaf.size ? pfn : 0;
	return leaf;
}

long touch_page_tables_kb(void)
{
	FILE *file = fopen("/proc/self/status", "r");
	char line[256];
	long kb = -1;

	CHECK(file, "/proc/self/status: %s", strerror(errno));
	while (kb < 0 && fgets(line, sizeof(line), file)) {
		if (!strncmp(line, "VmPTE:", 6))
			kb = atol(line + 6);
	}
	fclose(file);
	CHECK(kb >= 0, "no VmPTE in /proc/self/status");
	return kb;
}

long touch_faults(void)
{
	struct rusage usage;

	CHECK_RET(tap_sys(getrusage(RUSAGE_SELF, &usage)), 0);
	return usage.ru_minflt;
}

/* The line about the mapping in maps or smaps; the file stands behind it. */
static FILE *find_map(const char *path, const void *at, u64 *offset)
{
	unsigned long long start, end, file_offset;
	FILE *file = fopen(path, "r");
	char line[512];

	CHECK(file, "%s: %s", path, strerror(errno));
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%llx-%llx %*s %llx", &start, &end,
			   &file_offset) != 3)
			continue;
		if ((uintptr_t)at >= start && (uintptr_t)at < end) {
			*offset = file_offset;
			return file;
		}
	}
	fclose(file);
	tap_fail(__FILE__, __LINE__, "no mapping at %p", at);
}

u64 touch_map_offset(const void *at)
{
	u64 offset;

	fclose(find_map("/proc/self/maps", at, &offset));
	return offset;
}

bool touch_map_flag(const void *at, const char *flag)
{
	char line[512], word[8];
	bool found = false;
	u64 offset;
	FILE *file;

	file = find_map("/proc/self/smaps", at, &offset);
	snprintf(word, sizeof(word), " %s", flag);
	while (fgets(line, sizeof(line), file)) {
		if (strncmp(line, "VmFlags:", 8))
			continue;
		found = strstr(line, word);
		break;
	}
	fclose(file);
	return found;
}
