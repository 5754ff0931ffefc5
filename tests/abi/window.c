// SPDX-License-Identifier: GPL-2.0-only
/* D4.3, D4.4: how much one fault maps. */
#include <stdlib.h>

#include "host.h"
#include "mapping.h"
#include "program.h"
#include "task.h"
#include "touch.h"
#include "vfio.h"

#define RACES 10

static struct vfio dev;

/*
 * A mapping at such an address that its windows of largest leaves begin with
 * it, and leaves are as aligned as the memory.
 */
static char *map_windows(unsigned int index, u64 offset, size_t length)
{
	size_t leaf = host_largest_leaf();
	u64 address = gpu_memory(&gpu, index)->base + offset;

	return mapping_at(&dev, index, offset, length,
			  vfio_reserve(length, WINDOW_LEAVES * leaf,
				       address % host_pmd_size()));
}

/* Two windows and a bit of the region, or what it has. */
static size_t windows_length(const struct gpu_memory *memory, u64 offset)
{
	size_t leaf = host_largest_leaf();
	size_t length = 2 * WINDOW_LEAVES * leaf + 3 * leaf + 5 * host_page_size();

	return length < memory->length - offset ? length :
	       memory->length - offset;
}

static void check_leaf(const char *map, unsigned int index, u64 at)
{
	struct touch_leaf leaf = touch_walk(map + at);

	CHECK_EQ(leaf.size, host_largest_leaf());
	CHECK_EQ(leaf.pfn, mapping_pfn(index, at));
}

static void whole_window(void)
{
	size_t leaf = host_largest_leaf(), window = WINDOW_LEAVES * leaf, at;
	const unsigned int *index;

	mapping_open(&dev);
	for (index = program_regions(); *index; index++) {
		const struct gpu_memory *memory = gpu_memory(&gpu, *index);
		size_t length = windows_length(memory, 0);
		size_t end = length < window ? length / leaf * leaf : window;
		char *map;

		/* Begins with a whole leaf only where the memory does. */
		if (memory->base % host_pmd_size())
			continue;
		map = map_windows(*index, 0, length);
		CHECK_EQ(touch_walk(map).size, 0);
		mapping_touch(map + end / 2);
		for (at = 0; at < end; at += (end / 16 + leaf - 1) / leaf * leaf)
			check_leaf(map, *index, at);
		check_leaf(map, *index, end - leaf);
		if (end < length)
			CHECK_EQ(touch_walk(map + end).size, 0);
	}
}

/* Windows of so many bytes that have a part of [start, end) in them. */
static long windows(u64 start, u64 end, u64 window)
{
	return start < end ? (end - 1) / window - start / window + 1 : 0;
}

/* Faults that it takes to touch a mapping, its leaves as large as can be. */
static long faults_expected(u64 start, u64 end, size_t leaf)
{
	size_t page = host_page_size();
	u64 first = (start + leaf - 1) / leaf * leaf, last = end / leaf * leaf;

	if (first >= last)
		return windows(start, end, WINDOW_LEAVES * page);
	return windows(start, first, WINDOW_LEAVES * page) +
	       windows(first, last, WINDOW_LEAVES * leaf) +
	       windows(last, end, WINDOW_LEAVES * page);
}

/* Touches what may be a leaf or a window of its own. */
static long faults_seen(const char *map, size_t length, size_t leaf)
{
	size_t page = host_page_size(), at = 0;
	u64 start = (uintptr_t)map;
	long before;

	touch_faults();
	before = touch_faults();
	while (at < length) {
		(void)__atomic_load_n(map + at, __ATOMIC_RELAXED);
		if ((start + at) % leaf || length - at < leaf)
			at += page;
		else
			at += leaf;
	}
	return touch_faults() - before;
}

static void fault_count(void)
{
	size_t page = host_page_size(), leaf = host_largest_leaf();
	const unsigned int *index;

	mapping_open(&dev);
	for (index = program_regions(); *index; index++) {
		const struct gpu_memory *memory = gpu_memory(&gpu, *index);
		size_t length = windows_length(memory, page);
		char *map = map_windows(*index, page, length);
		uintptr_t start = (uintptr_t)map;

		CHECK_EQ(faults_seen(map, length, leaf),
			 faults_expected(start, start + length, leaf));
		CHECK_EQ(faults_seen(map, length, leaf), 0);

		/* No leaf but a page can be aligned. */
		length = 2 * host_pmd_size();
		map = mapping_congruent(&dev, *index, 0, length, page);
		start = (uintptr_t)map;
		CHECK_EQ(faults_seen(map, length, page),
			 faults_expected(start, start + length, page));
	}
}

static char *race_map;
static size_t race_length;
static bool race_over;

static long race_touch(void *arg)
{
	size_t window = WINDOW_LEAVES * host_largest_leaf(), at = 0;
	u64 value;

	(void)arg;
	while (!__atomic_load_n(&race_over, __ATOMIC_RELAXED)) {
		CHECK_RET(touch_load(race_map + at, &value), 0);
		at = (at + window / 2) % race_length;
	}
	return 0;
}

/* As long as the GPU is not ready nothing can be mapped again. */
static void zap_race(void)
{
	size_t length = windows_length(&gpu.usemem, 0), at;
	unsigned int round;
	struct task task;

	mapping_open(&dev);
	race_length = length;
	race_map = map_windows(USEMEM, 0, length);
	task_start(&task, race_touch, NULL);
	for (round = 0; round < RACES; round++) {
		task_sleep_ms(round);
		host_gpu_never_ready(&gpu);
		CHECK_RET(vfio_reset(&dev), 0);
		for (at = 0; at < length; at += length / 64)
			CHECK_EQ(touch_walk(race_map + at).size, 0);
		if (round == RACES - 1)
			race_over = true;
		host_gpu_set_ready(&gpu, true);
	}
	CHECK_RET(task_end(&task), 0);
}

/* Everything was mapped with mmap(). */
static void no_faults(void)
{
	const unsigned int *index;

	mapping_open(&dev);
	for (index = program_regions(); *index; index++) {
		size_t length = mapping_pmds(*index, 4);

		CHECK_EQ(faults_seen(vfio_map(&dev, *index, 0, length), length,
				     host_page_size()), 0);
	}
}

static const struct tap_test on_fault_tests[] = {
	{ "D4.3 a fault maps a window of leaves", whole_window },
	{ "D4.3 as many faults as there are windows", fault_count },
	{ "D4.3 a reset leaves nothing mapped while faults go on", zap_race },
};

static const struct tap_test at_mmap_tests[] = {
	{ "D4.4 no faults at all once it is mapped", no_faults },
};

int main(int argc, char **argv)
{
	if (host_maps_on_fault())
		return program_run(argc, argv, on_fault_tests,
				   TAP_COUNT(on_fault_tests));
	return program_run(argc, argv, at_mmap_tests,
			   TAP_COUNT(at_mmap_tests));
}
