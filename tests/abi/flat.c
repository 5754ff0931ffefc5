// SPDX-License-Identifier: GPL-2.0-only
/* Slab caches, and what else the kernel counts, before and after. */
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flat.h"
#include "host.h"
#include "tap.h"
#include "task.h"

#define CACHES_MAX 512
/* What grows in each of them is lost. */
#define PHASES 5
/* Caches of the CPUs and of names are full then. */
#define WARM_UP(rounds) ((rounds) / 10 + 10)

/**
 * struct amount - how many there are of something
 * @name: a slab cache, or a line of /proc/meminfo
 * @count: of objects, or of KiB
 * @grown: in how many phases one after the other it grew
 */
struct amount {
	char name[64];
	long count;
	unsigned int grown;
};

struct amounts {
	struct amount list[CACHES_MAX];
	unsigned int count;
};

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

/*
 * An object, or a KiB, for every other round is one that each of them loses. Once, that is
 * what a CPU has taken to have it at hand.
 */
static void compare(const struct amounts *before, struct amounts *after, unsigned int times)
{
	unsigned int i, j;

	for (i = 0; i < after->count; i++) {
		struct amount *now = &after->list[i];

		for (j = 0; j < before->count; j++) {
			const struct amount *then = &before->list[j];

			if (!strcmp(then->name, now->name) && now->count - then->count >= times / 2)
				now->grown = then->grown + 1;
		}
	}
}

static void check_flat(const struct amounts *after)
{
	bool grows = false;
	unsigned int i;

	for (i = 0; i < after->count; i++) {
		if (after->list[i].grown < PHASES)
			continue;
		tap_note("%s: grows all the time, to %ld", after->list[i].name,
			 after->list[i].count);
		grows = true;
	}
	CHECK(!grows, "the kernel has allocated more and more");
}

void flat_run(unsigned int times, void (*once)(void))
{
	static struct amounts amounts[PHASES + 1];
	unsigned int phase, i;
	long refs;

	for (i = 0; i < WARM_UP(times); i++)
		once();
	refs = references();
	count(&amounts[0]);
	times = times / PHASES + 2;
	for (phase = 0; phase < PHASES; phase++) {
		for (i = 0; i < times; i++)
			once();
		count(&amounts[phase + 1]);
		compare(&amounts[phase], &amounts[phase + 1], times);
	}
	CHECK_EQ(references(), refs);
	check_flat(&amounts[PHASES]);
}
