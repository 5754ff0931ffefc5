// SPDX-License-Identifier: GPL-2.0-only
/* Marks in GPU memory, put and looked for by mmap. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "host.h"
#include "marks.h"
#include "tap.h"
#include "touch.h"

#define BOUNDARY (512 * MIB)

static unsigned int add(struct mark *marks, unsigned int count,
			const struct gpu *gpu, unsigned int seed,
			unsigned int index, u64 offset)
{
	CHECK(count < MARKS_MAX, "too many marks");
	marks[count] = (struct mark){
		.index = index,
		.offset = offset,
		.value = (u64)seed << 56 | (u64)gpu->slot << 48 |
			 (u64)index << 44 | offset >> 3,
	};
	return count + 1;
}

/* The first boundaries, one in the middle, the last. */
static bool is_tried(u64 boundary, u64 length)
{
	u64 number = boundary / BOUNDARY, last = (length - 1) / BOUNDARY;

	return number <= 2 || number == last / 2 || number >= last - 1;
}

unsigned int marks_of(const struct gpu *gpu, unsigned int seed,
		      struct mark *marks)
{
	static const unsigned int regions[] = { RESMEM, USEMEM };
	const struct gpu_memory *memory;
	unsigned int count = 0, r;
	u64 at;

	for (r = 0; r < TAP_COUNT(regions); r++) {
		memory = gpu_memory(gpu, regions[r]);
		if (!memory)
			continue;
		count = add(marks, count, gpu, seed, regions[r], 0);
		for (at = BOUNDARY; at < memory->length; at += BOUNDARY) {
			if (!is_tried(at, memory->length))
				continue;
			count = add(marks, count, gpu, seed, regions[r],
				    at - 8);
			count = add(marks, count, gpu, seed, regions[r], at);
		}
		count = add(marks, count, gpu, seed, regions[r],
			    memory->length - host_page_size());
		count = add(marks, count, gpu, seed, regions[r],
			    memory->length - 8);
	}
	return count;
}

/* The page with the word at an offset of a region, and where in it. */
static char *map_page(const struct gpu *gpu, enum marks_side side,
		      unsigned int index, u64 offset, u64 *in_page)
{
	char path[PATH_MAX] = "/dev/mem", file[16];
	char *page;
	int fd;

	if (side == MARKS_HOST) {
		offset += gpu_memory(gpu, index)->base;
	} else {
		snprintf(file, sizeof(file), "resource%u", index);
		host_pci_path(path, sizeof(path), gpu->bdf, file);
	}
	*in_page = offset % host_page_size();
	fd = open(path, O_RDWR | O_CLOEXEC);
	CHECK(fd >= 0, "%s: %s", path, strerror(errno));
	page = mmap(NULL, host_page_size(), PROT_READ | PROT_WRITE, MAP_SHARED,
		    fd, offset - *in_page);
	CHECK(page != MAP_FAILED, "%s at %#llx: %s", path, offset,
	      strerror(errno));
	close(fd);
	return page;
}

u64 marks_load(const struct gpu *gpu, enum marks_side side, unsigned int index,
	       u64 offset)
{
	u64 in_page, value;
	char *page = map_page(gpu, side, index, offset, &in_page);

	CHECK_RET(touch_load(page + in_page, &value), 0);
	munmap(page, host_page_size());
	return value;
}

void marks_store(const struct gpu *gpu, enum marks_side side,
		 unsigned int index, u64 offset, u64 value)
{
	u64 in_page;
	char *page = map_page(gpu, side, index, offset, &in_page);

	CHECK_RET(touch_store(page + in_page, value), 0);
	munmap(page, host_page_size());
}

void marks_put(const struct gpu *gpu, enum marks_side side, unsigned int seed)
{
	struct mark marks[MARKS_MAX];
	unsigned int count = marks_of(gpu, seed, marks), i;

	for (i = 0; i < count; i++)
		marks_store(gpu, side, marks[i].index, marks[i].offset,
			    marks[i].value);
}

void marks_check(const struct gpu *gpu, enum marks_side side,
		 unsigned int seed)
{
	struct mark marks[MARKS_MAX];
	unsigned int count = marks_of(gpu, seed, marks), i;
	u64 got;

	for (i = 0; i < count; i++) {
		got = marks_load(gpu, side, marks[i].index, marks[i].offset);
		CHECK(got == marks[i].value,
		      "GPU %u region %u at %#llx: the %s sees %#llx, not %#llx",
		      gpu->slot, marks[i].index, marks[i].offset,
		      side == MARKS_HOST ? "host" : "guest", got,
		      marks[i].value);
	}
}
