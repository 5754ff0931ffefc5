// SPDX-License-Identifier: GPL-2.0-only
/*
 * Byte ranges: a table of cuts with known answers, and the rules over many
 * inputs.
 */
#include "unit.h"

#include "range.h"
#include "span_rules.h"

/* The emulated bytes of config space: BAR2 to BAR5. */
#define BARS 0x18
#define END 0x28
#define LAST (~0ull)

struct cut_case {
	__u64 pos, count, start, end;
	struct nvgrace_span want;
};

static void test_case(void **state)
{
	const struct cut_case *c = *state;
	struct nvgrace_span span = nvgrace_span_cut(c->pos, c->count, c->start, c->end);

	assert_int_equal(span.before, c->want.before);
	assert_int_equal(span.inside, c->want.inside);
	assert_int_equal(span.after, c->want.after);
}

static void test_rules(__u64 pos, __u64 count, __u64 start, __u64 end)
{
	const char *broken = span_broken_rule(pos, count, start, end);

	if (broken)
		fail_msg("%s: pos %#llx count %#llx window [%#llx, %#llx)", broken, pos, count,
			 start, end);
}

/* Every access to every window among @size bytes from @origin on. */
static void every_cut(__u64 origin, __u64 size)
{
	__u64 pos, count, start, length;

	for (pos = 0; pos < size; pos++)
		for (count = 0; count <= 2 * size; count++)
			for (start = 0; start < size; start++)
				for (length = 0; length < size - start; length++)
					test_rules(origin + pos, count, origin + start,
						   origin + start + length);
}

static void test_every_small_cut(void **state)
{
	(void)state;
	every_cut(0, 16);
}

static void test_every_cut_at_the_top(void **state)
{
	(void)state;
	every_cut(0 - 16ull, 16);
}

static void test_random(void **state)
{
	__u64 random = 0x72616e6765ull;
	unsigned int i;

	(void)state;
	for (i = 0; i < 1000000; i++) {
		__u64 pos = unit_random(&random) >> (unit_random(&random) % 64);
		__u64 count = unit_random(&random) >> (unit_random(&random) % 64);
		__u64 start = unit_random(&random) >> (unit_random(&random) % 64);
		__u64 end = unit_random(&random) >> (unit_random(&random) % 64);

		if (start <= end)
			test_rules(pos, count, start, end);
		else
			test_rules(pos, count, end, start);
	}
}

#define CASE(sentence, ...) ROW(sentence, test_case, cut_case, __VA_ARGS__)

static const struct CMUnitTest tests[] = {
	CASE("D2.2 all before", 0x10, 8, BARS, END, { .before = 8 }),
	CASE("D2.2 one byte short of it", 0x10, 7, BARS, END, { .before = 7 }),
	CASE("D2.2 one byte into it", 0x10, 9, BARS, END, { .before = 8, .inside = 1 }),
	CASE("D2.2 eight bytes over its start", 0x14, 8, BARS, END, { .before = 4, .inside = 4 }),
	CASE("D2.2 its first byte", 0x18, 1, BARS, END, { .inside = 1 }),
	CASE("D2.2 all of it", 0x18, 16, BARS, END, { .inside = 16 }),
	CASE("D2.2 its last byte", 0x27, 1, BARS, END, { .inside = 1 }),
	CASE("D2.2 two bytes over its end", 0x27, 2, BARS, END, { .inside = 1, .after = 1 }),
	CASE("D2.2 the first byte behind it", 0x28, 1, BARS, END, { .after = 1 }),
	CASE("D2.2 more than all of it", 0, 0x40, BARS, END,
	     { .before = 24, .inside = 16, .after = 24 }),
	CASE("D2.2 no bytes before it", 0, 0, BARS, END, {}),
	CASE("D2.2 no bytes in it", 0x20, 0, BARS, END, {}),
	CASE("D2.2 no bytes behind it", 0x40, 0, BARS, END, {}),

	CASE("D5.1 over the end of the memory", 95 * GIB - 1, 4, 0, 95 * GIB,
	     { .inside = 1, .after = 3 }),
	CASE("D5.1 up to the end of the memory", 95 * GIB - 4, 4, 0, 95 * GIB, { .inside = 4 }),
	CASE("D5.1 from the end of the memory", 95 * GIB, 4, 0, 95 * GIB, { .after = 4 }),
	CASE("D5.1 all of the BAR", 0, 128 * GIB, 0, 95 * GIB,
	     { .inside = 95 * GIB, .after = 33 * GIB }),

	CASE("D2.2 a window of no bytes", 4, 8, 6, 6, { .before = 2, .after = 6 }),
	CASE("D5.1 a window of no bytes at zero", 0, 8, 0, 0, { .after = 8 }),
	CASE("D5.1 as many bytes as there can be", 0, LAST, 0, GIB,
	     { .inside = GIB, .after = LAST - GIB }),
	CASE("D5.1 an access that wraps is all behind", LAST, LAST, 0, GIB, { .after = LAST }),
	CASE("D5.1 an access that wraps does not come back to the window",
	     8 * GIB, LAST, 0, 9 * GIB,
	     { .inside = GIB, .after = LAST - GIB }),
	CASE("D2.2 a window that is everything but the last byte", 0, LAST, 0, LAST,
	     { .inside = LAST }),
	CASE("D2.2 the last byte of 64 bits is above every window",
	     LAST, 1, 0, LAST, { .after = 1 }),

	RULE("D2.2 D5.1 all rules hold for every small cut", test_every_small_cut),
	RULE("D2.2 D5.1 all rules hold for every cut at the top of 64 bits",
	     test_every_cut_at_the_top),
	RULE("D2.2 D5.1 all rules hold for random cuts", test_random),
};

int main(void)
{
	return cmocka_run_group_tests_name("range", tests, NULL, NULL);
}
