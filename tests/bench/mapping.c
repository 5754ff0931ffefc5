// SPDX-License-Identifier: GPL-2.0-only
/* Mapping all of usemem, touching it, unmapping it. */
#include <sys/mman.h>
#include <sys/resource.h>

#include "host.h"
#include "measure.h"
#include "touch.h"

#define RW (PROT_READ | PROT_WRITE)
#define STEP (2 * MIB)

/* Of a mapping whose address the kernel chooses. */
#define CHOSEN_LENGTH GIB
#define CHOSEN_TOUCHED (64 * MIB)

static long faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_minflt + usage.ru_majflt;
}

/* Only loads: nothing may make the emulator allocate all of the memory. */
static void touch_each(const char *map, size_t length, size_t step)
{
	size_t at;

	for (at = 0; at < length; at += step)
		(void)__atomic_load_n((const u64 *)(map + at),
				      __ATOMIC_RELAXED);
}

static u64 touch_time(const char *map, size_t length, size_t step)
{
	u64 start = sample_now();

	touch_each(map, length, step);
	return sample_now() - start;
}

/* Less a pass over what is mapped already, which is the emulator's own cost. */
static double net(u64 pass, u64 second)
{
	return pass > second ? pass - second : 0;
}

void measure_mapping(void)
{
	size_t length = gpu.usemem.length;
	char *map = vfio_reserve(length, GIB, gpu.usemem.base % GIB);
	long tables, had_faults, took_faults;
	u64 start, mapped, first, all, again;

	/* Once before, so that the emulator knows the memory. */
	CHECK_RET(vfio_try_map(&dev, USEMEM, 0, length, RW, MAP_SHARED, map,
			       NULL), 0);
	touch_each(map, length, STEP);
	munmap(map, length);

	tables = touch_page_tables_kb();
	start = sample_now();
	CHECK_RET(vfio_try_map(&dev, USEMEM, 0, length, RW, MAP_SHARED, map,
			       NULL), 0);
	mapped = sample_now() - start;
	sample_put("mmap", mapped);
	sample_put("mmap_tables", touch_page_tables_kb() - tables);
	had_faults = faults();
	first = touch_time(map, 1, 1);
	all = first + touch_time(map, length, STEP);
	took_faults = faults() - had_faults;
	again = touch_time(map, length, STEP);
	sample_put("first_touch", first);
	sample_put("touch_all", net(all, again));
	sample_put("map_and_touch", mapped + net(all, again));
	sample_put("touch_faults", took_faults);
	sample_put("touch_tables", touch_page_tables_kb() - tables);
	start = sample_now();
	munmap(map, length);
	sample_since("munmap", start);
}

static void touch_chosen(bool report)
{
	size_t page = host_page_size();
	char *map = vfio_map(&dev, USEMEM, 0, CHOSEN_LENGTH);
	long had_faults = faults();
	u64 all = touch_time(map, CHOSEN_TOUCHED, page), again;

	if (report) {
		sample_put("chosen_faults", faults() - had_faults);
		again = touch_time(map, CHOSEN_TOUCHED, page);
		sample_put("chosen_touch", net(all, again));
	}
	munmap(map, CHOSEN_LENGTH);
}

void measure_chosen_address(void)
{
	touch_chosen(false);
	touch_chosen(true);
}
