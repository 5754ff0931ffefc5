// SPDX-License-Identifier: GPL-2.0-only
/* D5: read() and write() of GPU memory, and its edges. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "host.h"
#include "program.h"
#include "vfio.h"

#define FILLER 0xff
#define BLOCK (64 * KIB)

static struct vfio dev;

static void pattern(unsigned char *bytes, size_t count, unsigned int seed)
{
	size_t i;

	for (i = 0; i < count; i++) {
		seed = seed * 1664525 + 1013904223;
		bytes[i] = seed >> 24;
	}
}

/* The memory as mapped, to compare with what read() and write() do. */
static unsigned char *view(unsigned int index, u64 offset)
{
	return vfio_map(&dev, index, offset, BLOCK);
}

static u64 last_block(const struct gpu_memory *memory)
{
	return memory->length - BLOCK;
}

static void check_sizes_at(unsigned int index, u64 start)
{
	static const size_t sizes[] = { 1, 2, 3, 4, 7, 8, 15, 31, 64, 255,
					4095, 4096, 4097, 32768, 65519 };
	unsigned char in[BLOCK], out[BLOCK], expect[BLOCK];
	unsigned char *map = view(index, start);
	unsigned int i;
	size_t at;

	for (i = 0; i < TAP_COUNT(sizes); i++) {
		at = (i * 5 + 1) % 16;
		memset(map, 0, BLOCK);
		memset(expect, 0, BLOCK);
		pattern(in, sizes[i], i + index);
		memcpy(expect + at, in, sizes[i]);
		CHECK_RET(vfio_write(&dev, index, start + at, in, sizes[i]),
			  (ssize_t)sizes[i]);
		CHECK(!memcmp(map, expect, BLOCK),
		      "%zu bytes written at %#zx look different mapped",
		      sizes[i], at);
		CHECK_RET(vfio_read(&dev, index, start + at, out, sizes[i]),
			  (ssize_t)sizes[i]);
		CHECK(!memcmp(in, out, sizes[i]),
		      "%zu bytes read back at %#zx are different", sizes[i],
		      at);
	}
	munmap(map, BLOCK);
}

static void check_inside(unsigned int index, const struct gpu_memory *memory)
{
	check_sizes_at(index, 0);
	check_sizes_at(index, memory->length / 2 / BLOCK * BLOCK);
	check_sizes_at(index, last_block(memory));
}

static void inside(void)
{
	program_each_region(&dev, check_inside);
}

/* A megabyte written mapped, read back in odd pieces. */
static void check_pieces(unsigned int index, const struct gpu_memory *memory)
{
	static unsigned char want[MIB], got[MIB];
	unsigned char *map = vfio_map(&dev, index, 0, MIB);
	size_t at = 0, piece = 1;

	(void)memory;
	pattern(want, MIB, index);
	memcpy(map, want, MIB);
	while (at < MIB) {
		size_t count = piece < MIB - at ? piece : MIB - at;

		CHECK_RET(vfio_read(&dev, index, at, got + at, count),
			  (ssize_t)count);
		at += count;
		piece = piece * 2 + 1;
	}
	CHECK(!memcmp(want, got, MIB), "region %u: pieces do not fit", index);
}

static void pieces(void)
{
	program_each_region(&dev, check_pieces);
}

/* Where the memory ends inside the BAR; some regions fill theirs. */
static bool has_filler(const struct gpu_memory *memory)
{
	return memory->bar - memory->length >= BLOCK;
}

static void check_read_over_length(unsigned int index,
				   const struct gpu_memory *memory)
{
	unsigned char *map = view(index, last_block(memory));
	unsigned char got[512];
	size_t inside, i;

	if (!has_filler(memory))
		return;
	memset(map, 0x3c, BLOCK);
	for (inside = 0; inside < sizeof(got); inside += 37) {
		memset(got, 0, sizeof(got));
		CHECK_RET(vfio_read(&dev, index, memory->length - inside, got,
				    sizeof(got)), sizeof(got));
		for (i = 0; i < sizeof(got); i++)
			CHECK_EQ(got[i], i < inside ? 0x3c : FILLER);
	}
}

static void read_over_length(void)
{
	program_each_region(&dev, check_read_over_length);
}

static void check_write_over_length(unsigned int index,
				    const struct gpu_memory *memory)
{
	unsigned char *map = view(index, last_block(memory));
	unsigned char in[512], *end = map + BLOCK;
	size_t inside;

	if (!has_filler(memory))
		return;
	for (inside = 0; inside < sizeof(in); inside += 37) {
		memset(map, 0, BLOCK);
		memset(in, 0x5a, sizeof(in));
		CHECK_RET(vfio_write(&dev, index, memory->length - inside, in,
				     sizeof(in)), sizeof(in));
		CHECK(!memcmp(end - inside, in, inside),
		      "the %zu bytes before the end were not stored", inside);
		CHECK_EQ(end[-1 - (long)inside], 0);
		CHECK_RET(vfio_read(&dev, index, memory->length, in,
				    sizeof(in)), sizeof(in));
		CHECK_EQ(in[0], FILLER);
	}
}

static void write_over_length(void)
{
	program_each_region(&dev, check_write_over_length);
}

static void check_clipping(unsigned int index, const struct gpu_memory *memory)
{
	static const size_t left[] = { 1, 8, 13, 4096, 5000 };
	static unsigned char bytes[2 * BLOCK];
	unsigned int i;

	for (i = 0; i < TAP_COUNT(left); i++) {
		memset(bytes, 0x11, sizeof(bytes));
		CHECK_RET(vfio_read(&dev, index, memory->bar - left[i], bytes,
				    sizeof(bytes)), (ssize_t)left[i]);
		CHECK(bytes[left[i]] == 0x11, "read past its count");
		CHECK_RET(vfio_write(&dev, index, memory->bar - left[i], bytes,
				     sizeof(bytes)), (ssize_t)left[i]);
	}
}

static void clipping(void)
{
	program_each_region(&dev, check_clipping);
}

static void check_past_bar(unsigned int index, const struct gpu_memory *memory)
{
	const u64 offsets[] = { memory->bar, memory->bar + 1,
				     memory->bar + 4096, 2 * memory->bar,
				     TIB - 4096, TIB - 8 };
	char bytes[64] = { 0 };
	unsigned int i;

	for (i = 0; i < TAP_COUNT(offsets); i++) {
		CHECK_RET(vfio_read(&dev, index, offsets[i], bytes, 8),
			  -EINVAL);
		CHECK_RET(vfio_write(&dev, index, offsets[i], bytes, 8),
			  -EINVAL);
	}
	CHECK_RET(vfio_read(&dev, index, memory->length - 8, bytes, 0), 0);
	CHECK_RET(vfio_write(&dev, index, memory->length - 8, bytes, 0), 0);
}

static void past_bar(void)
{
	program_each_region(&dev, check_past_bar);
}

/* Large enough that the copy goes piece by piece. */
static void check_region_span(unsigned int index,
			      const struct gpu_memory *memory)
{
	static unsigned char got[4 * MIB];
	u64 start = memory->length - MIB;
	size_t i, count = sizeof(got);

	if (memory->bar - start < count)
		count = memory->bar - start;
	memset(vfio_map(&dev, index, start, MIB), 0x77, MIB);
	CHECK_RET(vfio_read(&dev, index, start, got, sizeof(got)),
		  (ssize_t)count);
	for (i = 0; i < count; i++)
		CHECK(got[i] == (i < MIB ? 0x77 : FILLER),
		      "byte %zu of a long read is %02x", i, got[i]);
}

static void region_span(void)
{
	program_each_region(&dev, check_region_span);
}

static const struct tap_test tests[] = {
	{ "D5.1 inside: written bytes are read back and seen mapped", inside },
	{ "D5.1 inside: bytes written mapped are read in odd pieces", pieces },
	{ "D5.1 a read over the real length gives 0xff behind it",
	  read_over_length },
	{ "D5.1 a write over the real length is stored up to it, all counted",
	  write_over_length },
	{ "D5.1 a span of megabytes over the real length", region_span },
	{ "D5.1 counts are clipped at the BAR size", clipping },
	{ "D5.1 at and past the BAR size: EINVAL", past_bar },
};

int main(int argc, char **argv)
{
	return program_run(argc, argv, tests, TAP_COUNT(tests));
}
