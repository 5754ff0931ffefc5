// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory split: a table of cases with known answers, and the rules over many
 * inputs.
 */
#include "unit.h"

#include <string.h>

#include "memory_split.h"
#include "split_rules.h"

#define BASE (64 * GIB)
#define VFIO_BAR_LIMIT TIB

/* Refused, for one reason; or split: then how long the parts and BARs are. */
struct split_case {
	struct nvgrace_memory_input in;
	enum nvgrace_split_status status;
	__u64 usemem, usemem_bar;
	__u64 resmem, resmem_bar;
};

/* The input, with what a case does not say filled in. */
#define INPUT(erratum, ...) {						\
	.mig_erratum = (erratum), .base = BASE, .page_size = 64 * KIB,	\
	.bar_limit = VFIO_BAR_LIMIT, __VA_ARGS__ }
#define ERRATUM(...) .in = INPUT(1, __VA_ARGS__)
#define FIXED(...) .in = INPUT(0, __VA_ARGS__)

static void test_part(const struct nvgrace_memory_part *part, __u64 base, __u64 length, __u64 bar)
{
	assert_int_equal(part->length, length);
	assert_int_equal(part->base, length ? base : 0);
	assert_int_equal(part->bar_size, bar);
}

static void test_case(void **state)
{
	const struct split_case *c = *state;
	struct nvgrace_memory_split out;

	memset(&out, 0xa5, sizeof(out));
	assert_int_equal(nvgrace_memory_split(&c->in, &out), c->status);

	/* A refused case has no lengths in the table: all must be zero. */
	test_part(&out.usemem, c->in.base, c->usemem, c->usemem_bar);
	test_part(&out.resmem, c->in.base + c->usemem, c->resmem, c->resmem_bar);
}

static void test_rules(const struct nvgrace_memory_input *in)
{
	const char *broken = split_broken_rule(in);

	if (broken)
		fail_msg("%s: base %#llx size %#llx erratum %d page %#llx end %#llx limit %#llx",
			 broken, in->base, in->size, in->mig_erratum, in->page_size,
			 in->address_end, in->bar_limit);
}

/* Bases and sizes one step around what matters; steps of less than a page, too. */
static void around_edges(__u64 page_size, int mig_erratum, __u64 address_end)
{
	static const __u64 edges[] = {
		0, 512 * MIB, GIB, GIB + 512 * MIB, 2 * GIB, 95 * GIB, 128 * GIB, TIB, TIB + GIB,
		1ull << 47, 1ull << 48, 1ull << 63, 0 - 95 * GIB, 0 - GIB,
	};
	const __u64 steps[] = { 0, page_size, 0 - page_size, 1, ~0ull, page_size / 2 };
	struct nvgrace_memory_input in = {
		.page_size = page_size, .mig_erratum = mig_erratum, .address_end = address_end,
		.bar_limit = VFIO_BAR_LIMIT,
	};
	size_t b, bs, s, ss;

	for (b = 0; b < ARRAY_SIZE(edges); b++)
		for (bs = 0; bs < ARRAY_SIZE(steps); bs++)
			for (s = 0; s < ARRAY_SIZE(edges); s++)
				for (ss = 0; ss < ARRAY_SIZE(steps); ss++) {
					in.base = edges[b] + steps[bs];
					in.size = edges[s] + steps[ss];
					test_rules(&in);
				}
}

static void test_around_edges(void **state)
{
	static const __u64 page_sizes[] = { 4 * KIB, 16 * KIB, 64 * KIB };
	static const __u64 ends[] = { 0, 1ull << 48, 1ull << 52 };
	size_t page, end;

	(void)state;
	for (page = 0; page < ARRAY_SIZE(page_sizes); page++)
		for (end = 0; end < ARRAY_SIZE(ends); end++) {
			around_edges(page_sizes[page], 0, ends[end]);
			around_edges(page_sizes[page], 1, ends[end]);
		}
}

/* In steps that are no divisor of 512 MiB, past every size of today's GPUs. */
static void test_every_size(void **state)
{
	struct nvgrace_memory_input in = INPUT(1, .page_size = 4 * KIB);

	(void)state;
	for (in.size = 4 * KIB; in.size < 300 * GIB; in.size += 3 * MIB + 4 * KIB)
		test_rules(&in);
}

static void test_random(void **state)
{
	__u64 random = 0x4768323030ull;
	unsigned int i;

	(void)state;
	for (i = 0; i < 1000000; i++) {
		struct nvgrace_memory_input in = {
			.page_size = 1ull << (12 + 2 * (unit_random(&random) % 3)),
			.mig_erratum = unit_random(&random) & 1,
			.bar_limit = VFIO_BAR_LIMIT,
			.address_end = unit_random(&random) & 1 ? 1ull << 52 : 0,
		};

		/* Page multiples of any magnitude, or all that would be tested is refusal. */
		in.base = unit_random(&random) >> (unit_random(&random) % 64) & -in.page_size;
		in.size = unit_random(&random) >> (unit_random(&random) % 64) & -in.page_size;
		test_rules(&in);
	}
}

#define CASE(sentence, ...) ROW(sentence, test_case, split_case, __VA_ARGS__)

static const struct CMUnitTest tests[] = {
	CASE("D1.3 erratum, 95 GiB", ERRATUM(.size = 95 * GIB),
	     .usemem = 94 * GIB, .usemem_bar = 128 * GIB, .resmem = GIB, .resmem_bar = GIB),
	CASE("D1.3 erratum, 94.5 GiB", ERRATUM(.size = 189 * GIB / 2),
	     .usemem = 187 * GIB / 2, .usemem_bar = 128 * GIB, .resmem = GIB, .resmem_bar = GIB),
	CASE("D1.3 erratum, 144 GiB", ERRATUM(.size = 144 * GIB),
	     .usemem = 143 * GIB, .usemem_bar = 256 * GIB, .resmem = GIB, .resmem_bar = GIB),
	CASE("D1.3 erratum, 129 GiB: usemem is a power of two", ERRATUM(.size = 129 * GIB),
	     .usemem = 128 * GIB, .usemem_bar = 128 * GIB, .resmem = GIB, .resmem_bar = GIB),
	CASE("D1.3 erratum, 95 GiB and a page: resmem takes the rest",
	     ERRATUM(.size = 95 * GIB + 64 * KIB),
	     .usemem = 94 * GIB, .usemem_bar = 128 * GIB,
	     .resmem = GIB + 64 * KIB, .resmem_bar = 2 * GIB),
	CASE("D1.3 erratum, 95 GiB less a page: a whole 512 MiB go to resmem",
	     ERRATUM(.size = 95 * GIB - 64 * KIB),
	     .usemem = 187 * GIB / 2, .usemem_bar = 128 * GIB,
	     .resmem = GIB + 512 * MIB - 64 * KIB, .resmem_bar = 2 * GIB),
	CASE("D1.3 erratum, 94.75 GiB", ERRATUM(.size = 379 * GIB / 4),
	     .usemem = 187 * GIB / 2, .usemem_bar = 128 * GIB,
	     .resmem = GIB + 256 * MIB, .resmem_bar = 2 * GIB),
	CASE("D1.3 erratum, 1 GiB + 512 MiB: the smallest", ERRATUM(.size = GIB + 512 * MIB),
	     .usemem = 512 * MIB, .usemem_bar = 512 * MIB, .resmem = GIB, .resmem_bar = GIB),
	CASE("D1.3 erratum, 2 GiB less a page", ERRATUM(.size = 2 * GIB - 64 * KIB),
	     .usemem = 512 * MIB, .usemem_bar = 512 * MIB,
	     .resmem = GIB + 512 * MIB - 64 * KIB, .resmem_bar = 2 * GIB),
	CASE("D1.3 erratum, 1 TiB + 1 GiB: the largest", ERRATUM(.size = TIB + GIB),
	     .usemem = TIB, .usemem_bar = TIB, .resmem = GIB, .resmem_bar = GIB),
	CASE("D1.3 fixed, 95 GiB", FIXED(.size = 95 * GIB),
	     .usemem = 95 * GIB, .usemem_bar = 128 * GIB),
	CASE("D1.3 fixed, 186 GiB", FIXED(.size = 186 * GIB),
	     .usemem = 186 * GIB, .usemem_bar = 256 * GIB),
	CASE("D1.3 fixed, 128 GiB: a power of two", FIXED(.size = 128 * GIB),
	     .usemem = 128 * GIB, .usemem_bar = 128 * GIB),
	CASE("D1.3 fixed, 128 GiB and a page", FIXED(.size = 128 * GIB + 64 * KIB),
	     .usemem = 128 * GIB + 64 * KIB, .usemem_bar = 256 * GIB),
	CASE("D1.3 fixed, 1 GiB", FIXED(.size = GIB), .usemem = GIB, .usemem_bar = GIB),
	CASE("D1.3 fixed, not a multiple of 512 MiB", FIXED(.size = 95 * GIB + 192 * KIB),
	     .usemem = 95 * GIB + 192 * KIB, .usemem_bar = 128 * GIB),
	CASE("D1.3 fixed, one page", FIXED(.size = 4 * KIB, .page_size = 4 * KIB),
	     .usemem = 4 * KIB, .usemem_bar = 4 * KIB),
	CASE("D1.3 fixed, three pages", FIXED(.size = 12 * KIB, .page_size = 4 * KIB),
	     .usemem = 12 * KIB, .usemem_bar = 16 * KIB),
	CASE("D1.3 fixed, 1 TiB: the largest",
	     FIXED(.size = TIB), .usemem = TIB, .usemem_bar = TIB),

	CASE("D1.2 erratum, size zero", ERRATUM(.size = 0), NVGRACE_SPLIT_SIZE_ZERO),
	CASE("D1.2 fixed, size zero", FIXED(.size = 0), NVGRACE_SPLIT_SIZE_ZERO),
	CASE("D1.2 size zero and a bad base", FIXED(.size = 0, .base = 1), NVGRACE_SPLIT_SIZE_ZERO),
	CASE("D1.2 base and size zero", FIXED(.size = 0, .base = 0), NVGRACE_SPLIT_SIZE_ZERO),

	CASE("D1.2 erratum, 1 GiB", ERRATUM(.size = GIB), NVGRACE_SPLIT_NO_USEMEM),
	CASE("D1.2 erratum, 1 GiB + 512 MiB less a page",
	     ERRATUM(.size = GIB + 512 * MIB - 64 * KIB),
	     NVGRACE_SPLIT_NO_USEMEM),
	CASE("D1.2 erratum, 512 MiB", ERRATUM(.size = 512 * MIB), NVGRACE_SPLIT_NO_USEMEM),
	CASE("D1.2 erratum, one page", ERRATUM(.size = 64 * KIB), NVGRACE_SPLIT_NO_USEMEM),

	CASE("D1.2 size of half a 4K page", FIXED(.size = 95 * GIB + 2 * KIB, .page_size = 4 * KIB),
	     NVGRACE_SPLIT_SIZE_UNALIGNED),
	CASE("D1.2 size of half a 16K page",
	     FIXED(.size = 95 * GIB + 8 * KIB, .page_size = 16 * KIB),
	     NVGRACE_SPLIT_SIZE_UNALIGNED),
	CASE("D1.2 size of half a 64K page", ERRATUM(.size = 95 * GIB + 32 * KIB),
	     NVGRACE_SPLIT_SIZE_UNALIGNED),
	CASE("D1.2 size one byte short",
	     ERRATUM(.size = 95 * GIB - 1), NVGRACE_SPLIT_SIZE_UNALIGNED),
	CASE("D1.2 size of one byte", FIXED(.size = 1), NVGRACE_SPLIT_SIZE_UNALIGNED),
	CASE("D1.2 a 4K page more is fine with 4K pages",
	     FIXED(.size = 95 * GIB + 4 * KIB, .page_size = 4 * KIB),
	     .usemem = 95 * GIB + 4 * KIB, .usemem_bar = 128 * GIB),
	CASE("D1.2 a 4K page more is not with 16K pages",
	     FIXED(.size = 95 * GIB + 4 * KIB, .page_size = 16 * KIB),
	     NVGRACE_SPLIT_SIZE_UNALIGNED),
	CASE("D1.2 base on a 4K page is fine with 4K pages",
	     FIXED(.base = BASE + 4 * KIB, .size = GIB, .page_size = 4 * KIB),
	     .usemem = GIB, .usemem_bar = GIB),
	CASE("D1.2 base on a 4K page is not with 64K pages",
	     FIXED(.base = BASE + 4 * KIB, .size = GIB), NVGRACE_SPLIT_BASE_UNALIGNED),
	CASE("D1.2 base one byte off", ERRATUM(.base = BASE + 1, .size = 95 * GIB),
	     NVGRACE_SPLIT_BASE_UNALIGNED),
	CASE("D1.2 base zero is a base", FIXED(.base = 0, .size = GIB),
	     .usemem = GIB, .usemem_bar = GIB),

	CASE("D1.2 up to the last byte of 64 bits", ERRATUM(.base = 0 - 95 * GIB, .size = 95 * GIB),
	     .usemem = 94 * GIB, .usemem_bar = 128 * GIB, .resmem = GIB, .resmem_bar = GIB),
	CASE("D1.2 a page past the last byte of 64 bits",
	     ERRATUM(.base = 0 - 95 * GIB, .size = 95 * GIB + 64 * KIB), NVGRACE_SPLIT_WRAPS),
	CASE("D1.2 wraps to the start", FIXED(.base = 0 - 64 * KIB, .size = 0 - 64 * KIB),
	     NVGRACE_SPLIT_WRAPS),
	CASE("D1.2 wraps below what the CPU can address",
	     FIXED(.base = 0 - 64 * KIB, .size = 128 * KIB, .address_end = 1ull << 48),
	     NVGRACE_SPLIT_WRAPS),
	CASE("D1.2 up to the last byte of 48 bits",
	     ERRATUM(.base = (1ull << 48) - 95 * GIB, .size = 95 * GIB, .address_end = 1ull << 48),
	     .usemem = 94 * GIB, .usemem_bar = 128 * GIB, .resmem = GIB, .resmem_bar = GIB),
	CASE("D1.2 a page past the last byte of 48 bits",
	     ERRATUM(.base = (1ull << 48) - 95 * GIB + 64 * KIB, .size = 95 * GIB,
		     .address_end = 1ull << 48),
	     NVGRACE_SPLIT_TOO_HIGH),
	CASE("D1.2 all above 48 bits",
	     FIXED(.base = 1ull << 48, .size = 64 * KIB, .address_end = 1ull << 48),
	     NVGRACE_SPLIT_TOO_HIGH),
	CASE("D1.2 above 48 bits is fine with 52",
	     FIXED(.base = 1ull << 48, .size = 95 * GIB, .address_end = 1ull << 52),
	     .usemem = 95 * GIB, .usemem_bar = 128 * GIB),

	CASE("D1.2 fixed, 1 TiB and a page",
	     FIXED(.size = TIB + 64 * KIB), NVGRACE_SPLIT_TOO_LARGE),
	CASE("D1.2 erratum, usemem of 1 TiB + 512 MiB", ERRATUM(.size = TIB + GIB + 512 * MIB),
	     NVGRACE_SPLIT_TOO_LARGE),
	CASE("D1.2 resmem that does not fit its BAR, usemem does",
	     ERRATUM(.size = GIB + 512 * MIB, .bar_limit = 512 * MIB), NVGRACE_SPLIT_TOO_LARGE),
	CASE("D1.2 a BAR of 2^63 bytes can be",
	     FIXED(.base = 0, .size = 1ull << 63, .bar_limit = 1ull << 63),
	     .usemem = 1ull << 63, .usemem_bar = 1ull << 63),
	CASE("D1.2 a BAR of 2^64 bytes cannot be",
	     FIXED(.base = 0, .size = 0 - 64 * KIB, .bar_limit = ~0ull), NVGRACE_SPLIT_TOO_LARGE),

	RULE("D1.2 D1.3 all rules hold around the edges", test_around_edges),
	RULE("D1.3 all rules hold for sizes from a page to 300 GiB", test_every_size),
	RULE("D1.2 D1.3 all rules hold for random memory", test_random),
};

int main(void)
{
	return cmocka_run_group_tests_name("memory_split", tests, NULL, NULL);
}
