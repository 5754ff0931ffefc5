// SPDX-License-Identifier: GPL-2.0-only
/* D4.1, D4.3, D4.4, D4.5: how mappings look in the page tables. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "host.h"
#include "program.h"
#include "touch.h"
#include "vfio.h"

#define RW (PROT_READ | PROT_WRITE)
#define SPARSE_SPAN (4 * GIB)
#define TABLES_SLACK_KB 64

static struct vfio dev;

/* Opens the device and waits until it is ready. */
static void open_ready(void)
{
	u64 value;

	vfio_open(&dev, &gpu);
	CHECK_RET(vfio_read(&dev, USEMEM, 0, &value, 8), 8);
}

/* A mapping whose address is, modulo a PMD, that of the memory plus @skew. */
static char *map_congruent(unsigned int index, u64 offset, size_t length,
			   size_t skew)
{
	size_t pmd = host_pmd_size();
	u64 address = gpu_memory(&gpu, index)->base + offset + skew;
	void *map = vfio_reserve(length, pmd, address % pmd);

	CHECK_RET(vfio_try_map(&dev, index, offset, length, RW, MAP_SHARED,
			       map, NULL), 0);
	return map;
}

static struct touch_leaf touch(const char *at)
{
	u64 value;

	CHECK_RET(touch_load(at, &value), 0);
	return touch_walk(at);
}

static u64 pfn_at(unsigned int index, u64 offset)
{
	return (gpu_memory(&gpu, index)->base + offset) / host_page_size();
}

static void attributes(void)
{
	size_t page = host_page_size(), length = 3 * host_pmd_size(), at;
	const unsigned int *index;

	open_ready();
	for (index = program_regions(); *index; index++) {
		const char *want = *index == RESMEM ? "normal-nc" : "normal";
		char *map = map_congruent(*index, 0, length, 0);

		for (at = 0; at < length; at += length / 5 / page * page) {
			struct touch_leaf leaf = touch(map + at);

			CHECK(!strcmp(leaf.attr, want),
			      "region %u is mapped %s, not %s", *index,
			      leaf.attr, want);
			CHECK_EQ(leaf.pfn, pfn_at(*index, at));
		}
	}
}

/* Mapping 4 GiB and touching it here and there. */
static void map_span(long *mapped_kb, long *touched_kb)
{
	size_t pmd = host_pmd_size(), length = SPARSE_SPAN, at;
	long before;
	char *map;

	if (length > gpu.usemem.length)
		length = gpu.usemem.length / pmd * pmd;
	open_ready();
	vfio_reserve(length, pmd, 0);
	before = touch_page_tables_kb();
	map = map_congruent(USEMEM, 0, length, 0);
	*mapped_kb = touch_page_tables_kb() - before;
	for (at = 0; at < length; at += pmd)
		touch(map + at);
	*touched_kb = touch_page_tables_kb() - before;
}

static void on_fault_cost(void)
{
	long mapped, touched;

	map_span(&mapped, &touched);
	CHECK(mapped <= 4, "mapping alone took %ld kB of page tables", mapped);
	CHECK(touched <= TABLES_SLACK_KB, "%ld kB of page tables when touched",
	      touched);
}

static void on_fault_only(void)
{
	size_t pmd = host_pmd_size(), length = 4 * pmd;
	const unsigned int *index;

	open_ready();
	for (index = program_regions(); *index; index++) {
		char *map = map_congruent(*index, 0, length, 0);

		CHECK_EQ(touch_walk(map).size, 0);
		touch(map + length / 2);
		CHECK_EQ(touch_walk(map).size, 0);
		CHECK_EQ(touch_walk(map + length - 8).size, 0);
	}
}

static void largest_leaf(void)
{
	size_t pmd = host_pmd_size(), page = host_page_size(), first;
	const unsigned int *index;

	open_ready();
	for (index = program_regions(); *index; index++) {
		char *map = map_congruent(*index, page, 4 * pmd, 0);

		/* Where a whole PMD of memory fits into the mapping. */
		first = pmd - (gpu_memory(&gpu, *index)->base + page) % pmd;
		if (first < pmd) {
			CHECK_EQ(touch(map).size, page);
			CHECK_EQ(touch(map + first - page).size, page);
		}
		CHECK_EQ(touch(map + first).size, pmd);
		CHECK_EQ(touch(map + first + pmd + page).size, pmd);
		CHECK_EQ(touch(map + 4 * pmd - page).size,
			 (first % pmd) ? page : pmd);
	}
}

static void small_leaf(void)
{
	size_t pmd = host_pmd_size(), page = host_page_size(), at;
	const unsigned int *index;
	struct touch_leaf leaf;

	open_ready();
	for (index = program_regions(); *index; index++) {
		char *map = map_congruent(*index, 0, 3 * pmd, page);

		for (at = 0; at < 3 * pmd; at += pmd / 2) {
			leaf = touch(map + at);
			CHECK_EQ(leaf.size, page);
			CHECK_EQ(leaf.pfn, pfn_at(*index, at));
		}
		map = map_congruent(*index, 0, pmd / 2, 0);
		CHECK_EQ(touch(map).size, page);
	}
}

/* The last, partial PMD of a region whose length is not a multiple. */
static void last_leaf(void)
{
	size_t pmd = host_pmd_size(), page = host_page_size();
	const unsigned int *index;
	struct touch_leaf leaf;

	open_ready();
	for (index = program_regions(); *index; index++) {
		const struct gpu_memory *memory = gpu_memory(&gpu, *index);
		u64 offset = memory->length - 3 * pmd;
		char *map = map_congruent(*index, offset, 3 * pmd, 0);

		leaf = touch(map + 3 * pmd - page);
		CHECK_EQ(leaf.pfn, pfn_at(*index, memory->length - page));
		CHECK_EQ(leaf.size, (memory->base + memory->length) % pmd ?
			 page : pmd);
	}
}

static void file_offset(void)
{
	size_t page = host_page_size();
	const unsigned int *index;
	struct vfio_area area;

	open_ready();
	for (index = program_regions(); *index; index++) {
		vfio_area(&dev, *index, &area);
		CHECK_EQ(touch_map_offset(vfio_map(&dev, *index, 0, page)),
			 area.offset);
		CHECK_EQ(touch_map_offset(vfio_map(&dev, *index, 5 * page,
						   page)),
			 area.offset + 5 * page);
	}
}

/* Kernels whose KVM takes vm_pgoff for the first page frame. */
static void whole_at_once(void)
{
	size_t page = host_page_size(), length = 4 * host_pmd_size(), at;
	const unsigned int *index;

	open_ready();
	for (index = program_regions(); *index; index++) {
		const struct gpu_memory *memory = gpu_memory(&gpu, *index);
		char *map = vfio_map(&dev, *index, page, length);

		CHECK_EQ(touch_map_offset(map), memory->base + page);
		for (at = 0; at < length; at += length / 16) {
			struct touch_leaf leaf = touch_walk(map + at);

			CHECK_EQ(leaf.size, page);
			CHECK_EQ(leaf.pfn, pfn_at(*index, page + at));
		}
		CHECK_EQ(touch_walk(map + length - page).pfn,
			 pfn_at(*index, length));
	}
}

/* Not ready when mapped: the first touch maps all of it. */
static void whole_when_ready(void)
{
	size_t page = host_page_size(), length = 4 * host_pmd_size();
	char *map;

	open_ready();
	host_gpu_never_ready(&gpu);
	CHECK_RET(vfio_reset(&dev), 0);
	map = vfio_map(&dev, USEMEM, 0, length);
	CHECK_EQ(touch_walk(map).size, 0);
	host_gpu_set_ready(&gpu, true);
	touch(map + length / 2);
	CHECK_EQ(touch_walk(map).pfn, pfn_at(USEMEM, 0));
	CHECK_EQ(touch_walk(map + length - page).pfn,
		 pfn_at(USEMEM, length - page));
}

static const struct tap_test on_fault_tests[] = {
	{ "D4.1 usemem is mapped cacheable, resmem Normal-NC", attributes },
	{ "D4.3 no page tables until touched, few when touched",
	  on_fault_cost },
	{ "D4.3 a fault maps one leaf", on_fault_only },
	{ "D4.3 the largest leaf that alignment permits", largest_leaf },
	{ "D4.3 pages where alignment permits no more", small_leaf },
	{ "D4.3 the end of a region", last_leaf },
	{ "D4.5 vm_pgoff is the file offset the core zaps by", file_offset },
};

static const struct tap_test at_mmap_tests[] = {
	{ "D4.1 usemem is mapped cacheable, resmem Normal-NC", attributes },
	{ "D4.4 everything is mapped at mmap, vm_pgoff is the first pfn",
	  whole_at_once },
	{ "D4.4 mapped before ready: the first touch maps everything",
	  whole_when_ready },
};

int main(int argc, char **argv)
{
	if (host_has_huge_pfnmap())
		return program_run(argc, argv, on_fault_tests,
				   TAP_COUNT(on_fault_tests));
	return program_run(argc, argv, at_mmap_tests,
			   TAP_COUNT(at_mmap_tests));
}
