// SPDX-License-Identifier: GPL-2.0-only
/* D4.2: which mappings exist, and what can be done with them. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host.h"
#include "mapping.h"
#include "program.h"
#include "touch.h"
#include "vfio.h"

#define RW (PROT_READ | PROT_WRITE)
#define MARK 0x5ca1ab1e0ddba11ULL

static struct vfio dev;

static int try_map(unsigned int index, u64 offset, u64 length)
{
	return vfio_try_map(&dev, index, offset, length, RW, MAP_SHARED, NULL,
			    NULL);
}

static void check_marked(void *at, u64 mark)
{
	u64 got;

	CHECK_RET(touch_load(at, &got), 0);
	CHECK_EQ(got, mark);
}

/* Inside: everywhere up to the last byte, and all of it at once. */
static void check_inside(unsigned int index, const struct gpu_memory *memory)
{
	size_t page = host_page_size();
	u64 got;
	char *map;

	map = vfio_map(&dev, index, memory->length - page, page);
	CHECK_RET(touch_store(map, MARK), 0);
	munmap(map, page);
	map = vfio_map(&dev, index, 0, memory->length);
	check_marked(map + memory->length - page, MARK);
	CHECK_RET(touch_store(map, MARK + 1), 0);
	CHECK_RET(vfio_read(&dev, index, 0, &got, 8), 8);
	CHECK_EQ(got, MARK + 1);
	munmap(map, memory->length);
}

static void inside(void)
{
	program_each_region(&dev, check_inside);
}

static void check_outside(unsigned int index, const struct gpu_memory *memory)
{
	size_t page = host_page_size();
	u64 end = memory->length;

	CHECK_RET(try_map(index, end, page), -EINVAL);
	CHECK_RET(try_map(index, end - page, 2 * page), -EINVAL);
	CHECK_RET(try_map(index, 0, end + page), -EINVAL);
	CHECK_RET(try_map(index, 0, memory->bar + page), -EINVAL);
	CHECK_RET(try_map(index, memory->bar - page, page),
		  memory->bar == end ? 0 : -EINVAL);
	CHECK_RET(try_map(index, memory->bar, page), -EINVAL);
	CHECK_RET(try_map(index, memory->bar - page, 2 * page), -EINVAL);
	CHECK_RET(try_map(index, TIB - page, page), -EINVAL);
	CHECK_RET(try_map(index, TIB - page, 2 * page), -EINVAL);
	CHECK_RET(try_map(index, TIB - page, end), -EINVAL);
}

static void outside(void)
{
	program_each_region(&dev, check_outside);
}

/* Offsets and lengths whose sum does not fit. */
static void check_wrapped(unsigned int index, const struct gpu_memory *memory)
{
	u64 page = host_page_size();
	u64 offsets[] = { 0 - page, 0 - memory->bar, 1ULL << 63 };
	unsigned int i;
	void *got;

	(void)index;
	for (i = 0; i < TAP_COUNT(offsets); i++) {
		got = mmap(NULL, memory->length, RW, MAP_SHARED, dev.device,
			   offsets[i]);
		CHECK(got == MAP_FAILED && (errno == EINVAL ||
					    errno == EOVERFLOW),
		      "mmap at offset %#llx gave %p, %s",
		      offsets[i], got, strerror(errno));
	}
}

static void wrapped(void)
{
	program_each_region(&dev, check_wrapped);
}

static void check_private(unsigned int index, const struct gpu_memory *memory)
{
	static const int prots[] = { PROT_NONE, PROT_READ, PROT_WRITE, RW };
	size_t page = host_page_size();
	unsigned int i;

	for (i = 0; i < TAP_COUNT(prots); i++) {
		CHECK_RET(vfio_try_map(&dev, index, 0, page, prots[i],
				       MAP_PRIVATE, NULL, NULL), -EINVAL);
		CHECK_RET(vfio_try_map(&dev, index, 0, memory->length,
				       prots[i], MAP_PRIVATE | MAP_NORESERVE,
				       NULL, NULL), -EINVAL);
	}
}

static void private(void)
{
	program_each_region(&dev, check_private);
}

static void check_growth(unsigned int index, const struct gpu_memory *memory)
{
	size_t page = host_page_size(), length = 4 * page;
	char *map = vfio_map(&dev, index, 0, length);
	void *to = vfio_reserve(length, page, 0);

	(void)memory;
	CHECK(mremap(map, length, 2 * length, 0) == MAP_FAILED, "it grew");
	CHECK(mremap(map, length, 2 * length, MREMAP_MAYMOVE) == MAP_FAILED,
	      "it grew by moving");
	CHECK(errno == EFAULT, "growing gave %s", strerror(errno));

	CHECK_RET(touch_store(map + page, MARK), 0);
	CHECK_RET(touch_store(map + 2 * page, MARK + 2), 0);
	map = mremap(map, length, 2 * page, MREMAP_MAYMOVE);
	CHECK(map != MAP_FAILED, "shrinking: %s", strerror(errno));
	map = mremap(map, 2 * page, 2 * page, MREMAP_MAYMOVE | MREMAP_FIXED,
		     to);
	CHECK(map != MAP_FAILED, "moving: %s", strerror(errno));
	check_marked(map + page, MARK);
	CHECK_RET(vfio_reset(&dev), 0);
	check_marked(map + page, MARK);
}

static void growth(void)
{
	program_each_region(&dev, check_growth);
}

static void check_flags(unsigned int index, const struct gpu_memory *memory)
{
	static const char * const want[] = { "dd", "de", "pf", "io", "sh" };
	static const char * const absent[] = { "dc", "ex" };
	size_t page = host_page_size();
	char *map = vfio_map(&dev, index, memory->length - page, page);
	unsigned int i;

	for (i = 0; i < TAP_COUNT(want); i++)
		CHECK(touch_map_flag(map, want[i]), "VmFlags have no %s",
		      want[i]);
	for (i = 0; i < TAP_COUNT(absent); i++)
		CHECK(!touch_map_flag(map, absent[i]), "VmFlags have %s",
		      absent[i]);
}

static void flags(void)
{
	program_each_region(&dev, check_flags);
}

/* The child sees and changes the same memory; @map may be untouched. */
static void check_child(char *map)
{
	u64 got = 0;
	int status;
	pid_t pid;

	pid = fork();
	CHECK(pid >= 0, "fork: %s", strerror(errno));
	if (!pid) {
		CHECK_RET(touch_load(map, &got), 0);
		CHECK_EQ(got, MARK);
		CHECK_RET(touch_store(map, MARK + 5), 0);
		munmap(map, host_page_size());
		_exit(0);
	}
	waitpid(pid, &status, 0);
	CHECK(!status, "the child's accesses failed");
	check_marked(map, MARK + 5);
}

static void check_fork(unsigned int index, const struct gpu_memory *memory)
{
	size_t length = 2 * host_pmd_size();
	u64 mark = MARK;
	char *map;

	(void)memory;
	map = vfio_map(&dev, index, 0, length);
	CHECK_RET(vfio_write(&dev, index, 0, &mark, 8), 8);
	check_child(map);
	CHECK_RET(touch_store(map, MARK), 0);
	check_child(map);
}

static void survives_fork(void)
{
	program_each_region(&dev, check_fork);
}

/* Holes of one page, in the middle of what may be one large leaf. */
static void check_partial(unsigned int index, const struct gpu_memory *memory)
{
	size_t page = host_page_size(), pmd = host_pmd_size();
	size_t length = mapping_pmds(index, 4), at;
	u64 base = memory->base % pmd;
	char *map;

	map = vfio_reserve(length, pmd, base);
	CHECK_RET(vfio_try_map(&dev, index, 0, length, RW, MAP_SHARED, map,
			       NULL), 0);
	for (at = 0; at < length; at += pmd / 2)
		CHECK_RET(touch_store(map + at, MARK + at), 0);
	munmap(map + pmd + page, page);
	munmap(map + length - page, page);
	for (at = 0; at < length; at += pmd / 2)
		check_marked(map + at, MARK + at);
	CHECK_RET(vfio_reset(&dev), 0);
	for (at = 0; at < length; at += pmd / 2)
		check_marked(map + at, MARK + at);
	CHECK_RET(touch_store(map + length - 2 * page, MARK - 1), 0);
	CHECK_RET(vfio_read(&dev, index, length - 2 * page, &at, 8), 8);
	CHECK_EQ(at, MARK - 1);
}

static void partial(void)
{
	program_each_region(&dev, check_partial);
}

static void check_protection(unsigned int index,
			     const struct gpu_memory *memory)
{
	size_t page = host_page_size();
	u64 mark = MARK;
	void *map;

	(void)memory;
	CHECK_RET(vfio_write(&dev, index, 0, &mark, 8), 8);
	CHECK_RET(vfio_try_map(&dev, index, 0, page, PROT_READ, MAP_SHARED,
			       NULL, &map), 0);
	check_marked(map, MARK);
	CHECK(!mprotect(map, page, RW), "mprotect: %s", strerror(errno));
	CHECK_RET(touch_store(map, MARK + 9), 0);
	check_marked(map, MARK + 9);
}

static void protection(void)
{
	program_each_region(&dev, check_protection);
}

static const struct tap_test tests[] = {
	{ "D4.2 a mapping inside the real length, to the last byte", inside },
	{ "D4.2 at, over and far beyond the real length: EINVAL", outside },
	{ "D4.2 offsets that wrap: EINVAL or EOVERFLOW", wrapped },
	{ "D4.2 MAP_PRIVATE is refused with EINVAL", private },
	{ "D4.2 a mapping cannot grow, but shrink and move", growth },
	{ "D4.2 a mapping is not dumped, not expanded, a pfnmap", flags },
	{ "D4.2 a mapping survives fork, touched or not", survives_fork },
	{ "D4.2 holes in a mapping leave the rest, also over a reset", partial },
	{ "D4.2 a read-only mapping can be made writable", protection },
};

int main(int argc, char **argv)
{
	return program_run(argc, argv, tests, TAP_COUNT(tests));
}
