// SPDX-License-Identifier: GPL-2.0-only
/* D4.1, D4.3, D4.4, D4.5: how mappings look in the page tables. */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host.h"
#include "mapping.h"
#include "program.h"
#include "touch.h"
#include "vfio.h"

#define SPARSE_SPAN (4 * GIB)
#define TABLES_SLACK 16

static struct vfio dev;

static void attributes(void)
{
	size_t page = host_page_size(), at;
	const unsigned int *index;

	mapping_open(&dev);
	for (index = program_regions(); *index; index++) {
		size_t length = mapping_pmds(*index, 3);
		const char *want = *index == RESMEM ? "normal-nc" : "normal";
		char *map = mapping_congruent(&dev, *index, 0, length, 0);

		for (at = 0; at < length; at += length / 5 / page * page) {
			struct touch_leaf leaf = mapping_touch(map + at);

			CHECK(!strcmp(leaf.attr, want),
			      "region %u is mapped %s, not %s", *index,
			      leaf.attr, want);
			CHECK_EQ(leaf.pfn, mapping_pfn(*index, at));
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
	mapping_open(&dev);
	vfio_reserve(length, pmd, 0);
	before = touch_page_tables_kb();
	map = mapping_congruent(&dev, USEMEM, 0, length, 0);
	*mapped_kb = touch_page_tables_kb() - before;
	for (at = 0; at < length; at += pmd)
		mapping_touch(map + at);
	*touched_kb = touch_page_tables_kb() - before;
}

/* Page tables are of a page each; pages need one for every PMD. */
static void on_fault_cost(void)
{
	long mapped, touched, page_kb = host_page_size() / KIB, tables;

	map_span(&mapped, &touched);
	CHECK(mapped <= page_kb, "mapping alone took %ld kB of page tables",
	      mapped);
	tables = TABLES_SLACK;
	if (host_largest_leaf() == host_page_size())
		tables += SPARSE_SPAN / host_pmd_size();
	CHECK(touched <= tables * page_kb,
	      "%ld kB of page tables when touched", touched);
}

/* A mapping from the second page of a region on. */
static void check_leaves(unsigned int index, size_t length)
{
	size_t pmd = host_pmd_size(), page = host_page_size();
	u64 start = gpu_memory(&gpu, index)->base + page;
	size_t head = -start % pmd, tail = (start + length) % pmd, at;
	char *map = mapping_congruent(&dev, index, page, length, 0);

	CHECK(head + tail < length, "no whole PMD in region %u", index);
	if (head) {
		CHECK_EQ(mapping_touch(map).size, page);
		CHECK_EQ(mapping_touch(map + head - page).size, page);
	}
	for (at = head; at < length - tail; at += pmd)
		CHECK_EQ(mapping_touch(map + at).size, host_largest_leaf());
	if (tail)
		CHECK_EQ(mapping_touch(map + length - page).size, page);
}

static void largest_leaf(void)
{
	size_t page = host_page_size();
	const unsigned int *index;

	mapping_open(&dev);
	for (index = program_regions(); *index; index++)
		check_leaves(*index, mapping_pmds(*index, 4) - page);
	check_leaves(USEMEM, mapping_pmds(USEMEM, 4));
}

static void small_leaf(void)
{
	size_t pmd = host_pmd_size(), page = host_page_size(), at;
	const unsigned int *index;
	struct touch_leaf leaf;

	mapping_open(&dev);
	for (index = program_regions(); *index; index++) {
		size_t length = mapping_pmds(*index, 3);
		char *map = mapping_congruent(&dev, *index, 0, length, page);

		for (at = 0; at < length; at += pmd / 2) {
			leaf = mapping_touch(map + at);
			CHECK_EQ(leaf.size, page);
			CHECK_EQ(leaf.pfn, mapping_pfn(*index, at));
		}
		map = mapping_congruent(&dev, *index, 0, pmd / 2, 0);
		CHECK_EQ(mapping_touch(map).size, page);
	}
}

/* The last, partial PMD of a region whose length is not a multiple. */
static void last_leaf(void)
{
	size_t pmd = host_pmd_size(), page = host_page_size();
	const unsigned int *index;
	struct touch_leaf leaf;

	mapping_open(&dev);
	for (index = program_regions(); *index; index++) {
		const struct gpu_memory *memory = gpu_memory(&gpu, *index);
		size_t length = mapping_pmds(*index, 3);
		u64 offset = memory->length - length;
		char *map = mapping_congruent(&dev, *index, offset, length, 0);

		leaf = mapping_touch(map + length - page);
		CHECK_EQ(leaf.pfn, mapping_pfn(*index, memory->length - page));
		CHECK_EQ(leaf.size, (memory->base + memory->length) % pmd ?
			 page : host_largest_leaf());
	}
}

static void file_offset(void)
{
	size_t page = host_page_size();
	const unsigned int *index;
	struct vfio_area area;

	mapping_open(&dev);
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
	size_t page = host_page_size(), at;
	const unsigned int *index;

	mapping_open(&dev);
	for (index = program_regions(); *index; index++) {
		const struct gpu_memory *memory = gpu_memory(&gpu, *index);
		size_t length = mapping_pmds(*index, 8) / 2;
		char *map = vfio_map(&dev, *index, page, length);

		CHECK_EQ(touch_map_offset(map), memory->base + page);
		for (at = 0; at < length; at += length / 16) {
			struct touch_leaf leaf = touch_walk(map + at);

			CHECK_EQ(leaf.size, page);
			CHECK_EQ(leaf.pfn, mapping_pfn(*index, page + at));
		}
		CHECK_EQ(touch_walk(map + length - page).pfn,
			 mapping_pfn(*index, length));
	}
}

/* Not ready when mapped: touches map what is around them. */
static void around_when_ready(void)
{
	size_t page = host_page_size(), pmd = host_pmd_size();
	size_t around = WINDOW_LEAVES * page, length = 4 * pmd;
	char *map;

	mapping_open(&dev);
	host_gpu_never_ready(&gpu);
	CHECK_RET(vfio_reset(&dev), 0);
	map = mapping_congruent(&dev, USEMEM, 0, length, 0);
	CHECK_EQ(touch_walk(map).size, 0);
	host_gpu_set_ready(&gpu, true);
	mapping_touch(map + 2 * pmd + page);
	CHECK_EQ(touch_walk(map + 2 * pmd).pfn, mapping_pfn(USEMEM, 2 * pmd));
	CHECK_EQ(touch_walk(map + 2 * pmd + around - page).pfn,
		 mapping_pfn(USEMEM, 2 * pmd + around - page));
	CHECK_EQ(touch_walk(map + 2 * pmd - page).size, 0);
	CHECK_EQ(touch_walk(map + length - page).size, 0);
}

/* Parts, and a part that was moved, lose their entries in a reset as the whole does. */
static void parts_zapped(void)
{
	size_t page = host_page_size(), pmd = host_pmd_size();
	char *map, *to, *moved;
	size_t at;

	mapping_open(&dev);
	map = mapping_congruent(&dev, USEMEM, 0, 4 * pmd, 0);
	for (at = 0; at < 4 * pmd; at += pmd)
		mapping_touch(map + at);
	munmap(map + 2 * pmd - page, page);
	to = vfio_reserve(pmd, pmd, 0);
	moved = mremap(map + 3 * pmd, pmd, pmd, MREMAP_MAYMOVE | MREMAP_FIXED, to);
	CHECK(moved == to, "moving: %s", strerror(errno));
	mapping_touch(map);
	mapping_touch(map + 2 * pmd);
	mapping_touch(moved);
	CHECK_RET(vfio_reset(&dev), 0);
	CHECK_EQ(touch_walk(map).size, 0);
	CHECK_EQ(touch_walk(map + pmd).size, 0);
	CHECK_EQ(touch_walk(map + 2 * pmd).size, 0);
	CHECK_EQ(touch_walk(moved).size, 0);
	CHECK_EQ(mapping_touch(moved).pfn, mapping_pfn(USEMEM, 3 * pmd));
}

/* A child that says over a pipe that it is there, and ends when its parent has closed one. */
static pid_t fork_looking(char *map, bool inherits, int go[2])
{
	int there[2];
	pid_t pid;
	char byte;

	CHECK_RET(tap_sys(pipe(go)), 0);
	CHECK_RET(tap_sys(pipe(there)), 0);
	pid = fork();
	CHECK(pid >= 0, "fork: %s", strerror(errno));
	if (pid) {
		close(go[0]);
		close(there[1]);
		CHECK_RET(read(there[0], &byte, 1), 1);
		close(there[0]);
		return pid;
	}
	close(go[1]);
	if (inherits)
		CHECK_EQ(touch_walk(map).pfn, mapping_pfn(USEMEM, 0));
	else
		mapping_touch(map);
	CHECK(touch_walk(map).size, "nothing is mapped in the child");
	CHECK_RET(write(there[1], "", 1), 1);
	CHECK_RET(read(go[0], &byte, 1), 0);
	CHECK_EQ(touch_walk(map).size, 0);
	_exit(0);
}

/* What a child has in its page tables goes with a reset, too. */
static void check_child(bool inherits)
{
	static int (* const resets[])(const struct vfio *vfio) = {
		vfio_reset, vfio_reset_by_sysfs,
	};
	int go[2], status;
	unsigned int i;
	char *map;
	pid_t pid;

	mapping_open(&dev);
	map = mapping_congruent(&dev, USEMEM, 0, host_pmd_size(), 0);
	for (i = 0; i < TAP_COUNT(resets); i++) {
		mapping_touch(map);
		pid = fork_looking(map, inherits, go);
		CHECK_RET(resets[i](&dev), 0);
		close(go[1]);
		CHECK_RET(waitpid(pid, &status, 0), pid);
		close(go[0]);
		CHECK(!status, "the child still had the memory mapped after a reset");
	}
}

static void child_zapped(void)
{
	check_child(false);
}

static void child_inherits(void)
{
	check_child(true);
}

static const struct tap_test on_fault_tests[] = {
	{ "D4.1 usemem is mapped cacheable, resmem Normal-NC", attributes },
	{ "D4.3 no page tables until touched, few when touched",
	  on_fault_cost },
	{ "D4.3 the largest leaf that alignment permits", largest_leaf },
	{ "D4.3 pages where alignment permits no more", small_leaf },
	{ "D4.3 the end of a region", last_leaf },
	{ "D4.5 vm_pgoff is the file offset the core zaps by", file_offset },
	{ "D4.5 a reset zaps parts of a mapping, and one that moved", parts_zapped },
	{ "D4.5 a reset zaps the mapping of a forked child, too", child_zapped },
};

static const struct tap_test at_mmap_tests[] = {
	{ "D4.1 usemem is mapped cacheable, resmem Normal-NC", attributes },
	{ "D4.4 everything is mapped at mmap, vm_pgoff is the first pfn",
	  whole_at_once },
	{ "D4.4 mapped before ready: a touch maps what is around it",
	  around_when_ready },
	{ "D4.5 a reset zaps parts of a mapping, and one that moved", parts_zapped },
	{ "D4.4 a forked child has all of it, until a reset zaps that, too",
	  child_inherits },
};

int main(int argc, char **argv)
{
	if (host_maps_on_fault())
		return program_run(argc, argv, on_fault_tests,
				   TAP_COUNT(on_fault_tests));
	return program_run(argc, argv, at_mmap_tests,
			   TAP_COUNT(at_mmap_tests));
}
