// SPDX-License-Identifier: GPL-2.0-only
/*
 * soak SLOT BINDS OPENS RESETS LOSSES: each so many times, a GPU that falls off the bus and
 * comes back the last; what the kernel has allocated stays the same meanwhile.
 */
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "access.h"
#include "host.h"
#include "program.h"

#define CACHES_MAX 512
#define MARK 0x50a4ULL
/* Caches of the CPUs and of names are full then. */
#define WARM_UP(rounds) ((rounds) / 10 + 10)

/**
 * struct amount - how many there are of something
 * @name: a slab cache, or a line of /proc/meminfo
 * @count: of objects, or of KiB
 */
struct amount {
	char name[64];
	long count;
};

struct amounts {
	struct amount list[CACHES_MAX];
	unsigned int count;
};

static struct vfio dev;
static struct access accesses[ACCESS_KINDS];
static unsigned int rounds[4];

static void add(struct amounts *amounts, const char *name, long count)
{
	CHECK(amounts->count < CACHES_MAX, "there are too many slab caches");
	amounts->list[amounts->count].count = count;
	snprintf(amounts->list[amounts->count++].name, sizeof(amounts->list[0].name), "%s", name);
}

static void each_line(struct amounts *amounts, const char *path, const char *format)
{
	char line[512], name[64];
	FILE *lines = fopen(path, "r");
	long count;

	CHECK(lines, "%s: %s", path, strerror(errno));
	while (fgets(line, sizeof(line), lines)) {
		if (sscanf(line, format, name, &count) == 2)
			add(amounts, name, count);
	}
	fclose(lines);
}

/* Objects that a CPU keeps at hand count as allocated. */
static void shrink_caches(void)
{
	glob_t found;
	size_t i;

	CHECK(!glob("/sys/kernel/slab/*/shrink", 0, NULL, &found), "there are no slab caches");
	for (i = 0; i < found.gl_pathc; i++)
		CHECK_RET(host_write(found.gl_pathv[i], "1"), 0);
	globfree(&found);
}

/* What only waits to be freed, or to be of use once more, does not count. */
static void count(struct amounts *amounts)
{
	static const char * const kept[] = { "PageTables:", "KernelStack:", "VmallocUsed:" };
	struct amounts memory = { 0 };
	unsigned int i;
	size_t j;

	amounts->count = 0;
	CHECK_RET(host_write("/proc/sys/vm/drop_caches", "3"), 0);
	task_sleep_ms(1000);
	shrink_caches();
	each_line(amounts, "/proc/slabinfo", "%63s %ld");
	each_line(&memory, "/proc/meminfo", "%63s %ld");
	for (i = 0; i < memory.count; i++) {
		for (j = 0; j < TAP_COUNT(kept); j++) {
			if (!strcmp(memory.list[i].name, kept[j]))
				add(amounts, kept[j], memory.list[i].count);
		}
	}
}

static long references(void)
{
	char text[32];

	CHECK_RET(host_read("/sys/module/" DRIVER "/refcnt", text, sizeof(text)), 0);
	return strtol(text, NULL, 10);
}

/* An object, or a KiB, for every other round is one that each of them loses. */
static void check_flat(const struct amounts *before, const struct amounts *after,
		       unsigned int times)
{
	unsigned int i, j;
	bool grows = false;

	for (i = 0; i < after->count; i++) {
		for (j = 0; j < before->count; j++) {
			long more = after->list[i].count - before->list[j].count;

			if (strcmp(before->list[j].name, after->list[i].name) ||
			    more < times / 2)
				continue;
			tap_note("%s: %ld more after %u times", after->list[i].name, more, times);
			grows = true;
		}
	}
	CHECK(!grows, "the kernel has allocated more and more");
}

static void soak(unsigned int times, void (*once)(void))
{
	static struct amounts before, after;
	unsigned int i;
	long refs;

	for (i = 0; i < WARM_UP(times); i++)
		once();
	refs = references();
	count(&before);
	for (i = 0; i < times; i++)
		once();
	count(&after);
	CHECK_EQ(references(), refs);
	check_flat(&before, &after, times);
}

static void begin(void)
{
	vfio_open(&dev, &gpu);
	access_prepare(accesses, &dev, USEMEM, 0);
	accesses[ACCESS_STORE].value = accesses[ACCESS_WRITE].value = MARK;
}

static void check_works(void)
{
	enum access_kind kind;

	for (kind = ACCESS_KINDS; kind--;)
		access_check(&accesses[kind]);
	CHECK_EQ(accesses[ACCESS_READ].value, MARK);
	CHECK_EQ(accesses[ACCESS_LOAD].value, MARK);
}

static void bind_once(void)
{
	host_rebind(gpu.bdf, DRIVER);
}

static void binds(void)
{
	soak(rounds[0], bind_once);
	begin();
	check_works();
}

static void open_once(void)
{
	begin();
	check_works();
	munmap(accesses[ACCESS_LOAD].map, host_page_size());
	munmap(accesses[ACCESS_STORE].map, host_page_size());
	vfio_close(&dev);
}

static void opens(void)
{
	soak(rounds[1], open_once);
}

static void reset_once(void)
{
	CHECK_RET(vfio_reset(&dev), 0);
	check_works();
}

static void resets(void)
{
	begin();
	soak(rounds[2], reset_once);
}

static void lose_once(void)
{
	host_control_set(gpu.bdf, "gone", 1);
	CHECK(vfio_reset(&dev) < 0, "a GPU that is off the bus was reset");
	host_control_set(gpu.bdf, "gone", 0);
	CHECK_RET(vfio_reset(&dev), 0);
	/* D6.4a: until its user asks for it, BAR0 is out of reach. */
	vfio_set_decode(&dev, true);
	check_works();
}

static void losses(void)
{
	begin();
	soak(rounds[3], lose_once);
}

int main(int argc, char **argv)
{
	static struct tap_test tests[] = {
		{ "D9.1 binds leave nothing behind", binds },
		{ "D9.1 opens leave nothing behind", opens },
		{ "D9.1 resets leave nothing behind", resets },
		{ "D9.1 falls off the bus leave nothing behind", losses },
	};
	size_t i;

	CHECK(argc == 2 + TAP_COUNT(rounds), "usage: soak SLOT BINDS OPENS RESETS LOSSES");
	for (i = 0; i < TAP_COUNT(rounds); i++) {
		rounds[i] = strtoul(argv[2 + i], NULL, 10);
		CHECK(rounds[i], "'%s' is not a number of times", argv[2 + i]);
		tests[i].timeout_s = 120 + 3 * rounds[i];
	}
	return program_run(2, argv, tests, TAP_COUNT(tests));
}
