// SPDX-License-Identifier: GPL-2.0-only
/*
 * Windows of leaves: a table of faults with known answers, and the rules over
 * many.
 */
#include "unit.h"

#include "window.h"
#include "window_rules.h"

#define PAGE (4 * KIB)
#define PMD (2 * MIB)
#define LEAVES 512
/* The end of user addresses on arm64. */
#define USER (256 * TIB)

struct window_case {
	__u64 address, leaf, start, end;
	struct nvgrace_window want;
};

static void test_case(void **state)
{
	const struct window_case *c = *state;
	struct nvgrace_window window = nvgrace_window_around(c->address, c->leaf, LEAVES, c->start,
							     c->end);

	assert_int_equal(window.start, c->want.start);
	assert_int_equal(window.end, c->want.end);
}

static void test_rules(__u64 address, __u64 leaf, __u64 leaves, __u64 start, __u64 end)
{
	const char *broken = window_broken_rule(address, leaf, leaves, start, end);

	if (broken)
		fail_msg("%s: address %#llx leaf %#llx x %llu mapping [%#llx, %#llx)", broken,
			 address, leaf, leaves, start, end);
}

/* Every fault in every mapping among @size bytes from @origin on. */
static void every_window(__u64 origin, __u64 size)
{
	__u64 leaf, leaves, start, end, at;

	for (leaf = 1; leaf <= 4; leaf *= 2)
		for (leaves = 1; leaves <= 8; leaves *= 2)
			for (start = 0; start < size; start++)
				for (end = start + 1; end < size; end++)
					for (at = start; at < end; at++)
						test_rules(origin + at, leaf, leaves,
							   origin + start, origin + end);
}

static void test_every_small_window(void **state)
{
	(void)state;
	every_window(0, 40);
}

static void test_every_window_at_the_top(void **state)
{
	(void)state;
	every_window(0 - 40ull, 40);
}

static void test_random(void **state)
{
	__u64 random = 0x77696e646f77ull;
	unsigned int i;

	(void)state;
	for (i = 0; i < 1000000; i++) {
		__u64 leaf = 1ull << (unit_random(&random) % 40);
		__u64 leaves = 1ull << (unit_random(&random) % 14);
		__u64 start = unit_random(&random) >> (unit_random(&random) % 64);
		__u64 length = unit_random(&random) >> (unit_random(&random) % 64);

		if (start + length <= start)
			continue;
		test_rules(start + unit_random(&random) % length, leaf, leaves, start,
			   start + length);
	}
}

#define CASE(sentence, ...) ROW(sentence, test_case, window_case, __VA_ARGS__)

static const struct CMUnitTest tests[] = {
	CASE("D4.3 a whole GiB of 2 MiB leaves", 5 * GIB + 3 * PMD + 8, PMD, 4 * GIB, 8 * GIB,
	     { 5 * GIB, 6 * GIB }),
	CASE("D4.3 its first byte", 5 * GIB, PMD, 4 * GIB, 8 * GIB, { 5 * GIB, 6 * GIB }),
	CASE("D4.3 its last byte", 6 * GIB - 1, PMD, 4 * GIB, 8 * GIB, { 5 * GIB, 6 * GIB }),
	CASE("D4.3 a whole table of pages", GIB + 5 * PMD + 8, PAGE, GIB, 2 * GIB,
	     { GIB + 5 * PMD, GIB + 6 * PMD }),
	CASE("D4.3 cut where the mapping starts",
	     5 * GIB + 8 * PMD, PMD, 5 * GIB + 3 * PMD, 8 * GIB,
	     { 5 * GIB + 3 * PMD, 6 * GIB }),
	CASE("D4.3 cut to the first leaf that is whole", 5 * GIB + 8 * PMD, PMD,
	     5 * GIB + 3 * PMD + PAGE, 8 * GIB, { 5 * GIB + 4 * PMD, 6 * GIB }),
	CASE("D4.3 cut where the mapping ends", 5 * GIB, PMD, 4 * GIB, 5 * GIB + 3 * PMD,
	     { 5 * GIB, 5 * GIB + 3 * PMD }),
	CASE("D4.3 cut to the last leaf that is whole", 5 * GIB, PMD, 4 * GIB,
	     5 * GIB + 3 * PMD - PAGE, { 5 * GIB, 5 * GIB + 2 * PMD }),
	CASE("D4.3 one leaf in a mapping of its size", 5 * GIB + PMD, PMD, 5 * GIB + PMD,
	     5 * GIB + 2 * PMD, { 5 * GIB + PMD, 5 * GIB + 2 * PMD }),
	CASE("D4.3 none in a mapping of a page less", 5 * GIB + PMD, PMD, 5 * GIB + PMD,
	     5 * GIB + 2 * PMD - PAGE, {}),
	CASE("D4.3 none in the part before the first whole leaf", 5 * GIB + PMD + PAGE, PMD,
	     5 * GIB + PMD + PAGE, 8 * GIB, {}),
	CASE("D4.3 none in the part behind the last whole leaf", 5 * GIB + 2 * PMD, PMD, 5 * GIB,
	     5 * GIB + 2 * PMD + PAGE, {}),
	CASE("D4.3 at address zero", 8, PAGE, 0, GIB, { 0, PMD }),
	CASE("D4.3 up to the end of user addresses", USER - 1, PMD, USER - 3 * PMD, USER,
	     { USER - 3 * PMD, USER }),
	CASE("D4.3 near the end of 64 bits", 0 - 2 * PMD, PMD, 0 - 3 * PMD, 0 - PAGE,
	     { 0 - 3 * PMD, 0 - PMD }),

	RULE("D4.3 all rules hold for every small window", test_every_small_window),
	RULE("D4.3 all rules hold for every window at the top of 64 bits",
	     test_every_window_at_the_top),
	RULE("D4.3 all rules hold for random windows", test_random),
};

int main(void)
{
	return cmocka_run_group_tests_name("window", tests, NULL, NULL);
}
