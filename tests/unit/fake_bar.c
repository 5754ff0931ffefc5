// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fake BAR: known values, the sizing handshake, and the rules over all offsets
 * and counts.
 */
#include "unit.h"

#include <string.h>

#include "fake_bar.h"
#include "fake_bar_rules.h"

#define BYTES NVGRACE_FAKE_BAR_BYTES
#define SIZE_LOG2_MIN 4
#define SIZE_LOG2_MAX 63

static void write_dword(struct nvgrace_fake_bar *bar, unsigned int offset, __u32 value)
{
	const __u8 bytes[] = { value, value >> 8, value >> 16, value >> 24 };

	nvgrace_fake_bar_write(bar, offset, sizeof(bytes), bytes);
}

static __u32 read_dword(const struct nvgrace_fake_bar *bar, unsigned int offset)
{
	__u8 bytes[4];

	nvgrace_fake_bar_read(bar, offset, sizeof(bytes), bytes);

	return bytes[0] | bytes[1] << 8 | bytes[2] << 16 | (__u32)bytes[3] << 24;
}

static void test_pair(const struct fake_bar_pair *pair, unsigned int offset, unsigned int count)
{
	const char *broken = fake_bar_broken_rule(pair, offset, count);

	if (broken)
		fail_msg("%s: size %#llx value %#llx offset %u count %u", broken, pair->bar.size,
			 pair->bar.value, offset, count);
}

/* A new BAR is 64-bit prefetchable memory at address zero. */
static void test_zero(void **state)
{
	struct nvgrace_fake_bar bar = { .size = 128 * GIB };

	(void)state;
	assert_int_equal(nvgrace_fake_bar_value(&bar), 0xc);
	assert_int_equal(read_dword(&bar, 0), 0xc);
	assert_int_equal(read_dword(&bar, 4), 0);
}

static void test_known_sizes(void **state)
{
	static const struct {
		__u64 size;
		__u32 low, high;
	} known[] = {
		{ 64 * KIB, 0xffff000c, 0xffffffff },
		{ GIB, 0xc000000c, 0xffffffff },
		{ 2 * GIB, 0x8000000c, 0xffffffff },
		{ 4 * GIB, 0x0000000c, 0xffffffff },
		{ 128 * GIB, 0x0000000c, 0xffffffe0 },
		{ TIB, 0x0000000c, 0xffffff00 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(known); i++) {
		struct nvgrace_fake_bar bar = { .size = known[i].size };

		write_dword(&bar, 0, ~0u);
		write_dword(&bar, 4, ~0u);
		assert_int_equal(read_dword(&bar, 0), known[i].low);
		assert_int_equal(read_dword(&bar, 4), known[i].high);
	}
}

/* As a guest does it: a register at a time, and the address is put back. */
static void test_handshake(void **state)
{
	unsigned int log2;

	(void)state;
	for (log2 = SIZE_LOG2_MIN; log2 <= SIZE_LOG2_MAX; log2++) {
		struct nvgrace_fake_bar bar = { .size = 1ull << log2 };
		const __u64 address = 1ull << SIZE_LOG2_MAX | 1ull << log2;
		__u32 low, high;
		__u64 mask;

		write_dword(&bar, 0, address);
		write_dword(&bar, 4, address >> 32);

		low = read_dword(&bar, 0);
		write_dword(&bar, 0, ~0u);
		mask = read_dword(&bar, 0);
		write_dword(&bar, 0, low);
		high = read_dword(&bar, 4);
		write_dword(&bar, 4, ~0u);
		mask |= (__u64)read_dword(&bar, 4) << 32;
		write_dword(&bar, 4, high);

		assert_int_equal(mask & 0xf, 0xc);
		assert_int_equal(~(mask & ~0xfull) + 1, bar.size);
		assert_int_equal(nvgrace_fake_bar_value(&bar), address | 0xc);
	}
}

static void test_low_bits(void **state)
{
	struct nvgrace_fake_bar bar = { .size = 16 };
	unsigned int value;

	(void)state;
	for (value = 0; value < 0x100; value++) {
		const __u8 byte = value;
		__u8 got;

		nvgrace_fake_bar_write(&bar, 0, 1, &byte);
		nvgrace_fake_bar_read(&bar, 0, 1, &got);
		assert_int_equal(got, (byte & 0xf0) | 0xc);
	}
}

/* Config space is little-endian whatever the CPU is. */
static void test_byte_order(void **state)
{
	static const __u8 bytes[BYTES] = { 0, 0, 0, 0, 0x60, 0x55, 0x44, 0x33 };
	struct nvgrace_fake_bar bar = { .size = 128 * GIB };
	__u8 got[BYTES];

	(void)state;
	nvgrace_fake_bar_write(&bar, 0, BYTES, bytes);
	assert_int_equal(nvgrace_fake_bar_value(&bar), 0x334455600000000cull);

	nvgrace_fake_bar_read(&bar, 0, BYTES, got);
	assert_int_equal(got[0], 0xc);
	assert_memory_equal(got + 1, bytes + 1, BYTES - 1);
}

/* The stored value is cut on reading only: what was written can be seen later. */
static void test_two_halves(void **state)
{
	struct nvgrace_fake_bar bar = { .size = 4 * GIB };

	(void)state;
	write_dword(&bar, 4, 0x12345678);
	assert_int_equal(nvgrace_fake_bar_value(&bar), 0x123456780000000cull);
	write_dword(&bar, 0, 0x9abcdef0);
	assert_int_equal(nvgrace_fake_bar_value(&bar), 0x123456780000000cull);
	write_dword(&bar, 4, 0);
	assert_int_equal(nvgrace_fake_bar_value(&bar), 0xc);
}

static void test_no_bytes(void **state)
{
	struct fake_bar_pair pair;
	unsigned int offset;
	const __u8 ones = 0xff;

	(void)state;
	fake_bar_pair_init(&pair, 37);
	for (offset = 0; offset < BYTES; offset++) {
		fake_bar_pair_write(&pair, offset, 0, &ones);
		test_pair(&pair, offset, 0);
	}
	assert_int_equal(nvgrace_fake_bar_value(&pair.bar), 0xc);
}

/* Every write of every offset and count, each seen by every read. */
static void every_span(unsigned int size_log2, __u64 *random)
{
	unsigned int write_at, write_count, read_at, read_count, i;

	for (write_at = 0; write_at < BYTES; write_at++)
		for (write_count = 1; write_count <= BYTES - write_at; write_count++) {
			struct fake_bar_pair pair;
			__u8 bytes[BYTES];

			fake_bar_pair_init(&pair, size_log2);
			for (i = 0; i < BYTES; i++)
				bytes[i] = unit_random(random);
			fake_bar_pair_write(&pair, 0, BYTES, bytes);
			for (i = 0; i < write_count; i++)
				bytes[i] = unit_random(random);
			fake_bar_pair_write(&pair, write_at, write_count, bytes);

			for (read_at = 0; read_at < BYTES; read_at++)
				for (read_count = 1; read_count <= BYTES - read_at; read_count++)
					test_pair(&pair, read_at, read_count);
		}
}

static void test_every_span(void **state)
{
	__u64 random = 0x62617232ull;
	unsigned int log2, round;

	(void)state;
	for (log2 = SIZE_LOG2_MIN; log2 <= SIZE_LOG2_MAX; log2++)
		for (round = 0; round < 20; round++)
			every_span(log2, &random);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		RULE("D2.4 a BAR of value zero reads 0xc", test_zero),
		RULE("D2.1 the all-ones answer of known sizes", test_known_sizes),
		RULE("D2.1 the sizing handshake gives every size, and the address back",
		     test_handshake),
		RULE("D2.1 the low four bits read 0xc whatever is written", test_low_bits),
		RULE("D2.1 the register is little-endian", test_byte_order),
		RULE("D2.1 the halves are written apart", test_two_halves),
		RULE("D2.2 an access of no bytes does nothing", test_no_bytes),
		RULE("D2.2 every offset and count is byte-exact, in every size", test_every_span),
	};

	return cmocka_run_group_tests_name("fake_bar", tests, NULL, NULL);
}
