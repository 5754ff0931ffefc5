// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lost pages: known answers, and the rules over many.
 */
#include "unit.h"

#include "poison.h"
#include "poison_rules.h"

#define LAST (~0ull)

static struct nvgrace_poison poison;

static int reset(void **state)
{
	static const struct nvgrace_poison none;

	(void)state;
	poison = none;

	return 0;
}

static void check(const char *broken)
{
	if (broken)
		fail_msg("%s", broken);
}

static void test_empty(void **state)
{
	(void)state;
	assert_int_equal(nvgrace_poison_good(&poison, 0, 0), 0);
	assert_int_equal(nvgrace_poison_good(&poison, 0, LAST), LAST);
	assert_int_equal(nvgrace_poison_good(&poison, LAST, 0), 0);
}

static void test_one(void **state)
{
	(void)state;
	assert_int_equal(nvgrace_poison_add(&poison, 100), 1);
	assert_int_equal(nvgrace_poison_add(&poison, 100), 0);
	assert_int_equal(nvgrace_poison_good(&poison, 0, 100), 100);
	assert_int_equal(nvgrace_poison_good(&poison, 0, 101), 100);
	assert_int_equal(nvgrace_poison_good(&poison, 99, 2), 1);
	assert_int_equal(nvgrace_poison_good(&poison, 100, 1), 0);
	assert_int_equal(nvgrace_poison_good(&poison, 100, 0), 0);
	assert_int_equal(nvgrace_poison_good(&poison, 101, 1000), 1000);
}

static void test_ends(void **state)
{
	(void)state;
	check(poison_broken_by_add(&poison, LAST, 0));
	check(poison_broken_by_add(&poison, 0, 0));
	assert_int_equal(nvgrace_poison_good(&poison, 0, LAST), 0);
	assert_int_equal(nvgrace_poison_good(&poison, 1, LAST - 1), LAST - 1);
}

static void test_full(void **state)
{
	__u64 pfn;

	(void)state;
	for (pfn = 0; pfn < NVGRACE_POISON_MAX; pfn++)
		check(poison_broken_by_add(&poison, 1000 - pfn, 0));
	check(poison_broken_by_add(&poison, 1000, 1));
	assert_int_equal(nvgrace_poison_good(&poison, 5000, 8), 8);
	check(poison_broken_by_add(&poison, 9000, 0));
	assert_int_equal(nvgrace_poison_good(&poison, 5000, 8), 0);
	check(poison_broken_by_add(&poison, 9001, 0));
}

/* Among few pages, so that most are met again. */
static void test_random(void **state)
{
	enum { PAGES = 700 };
	__u64 random = 0x706f69736f6eull;
	__u8 known[PAGES] = {};
	unsigned int i;

	(void)state;
	for (i = 0; i < 20000; i++) {
		__u64 pfn = unit_random(&random) % PAGES;

		if (unit_random(&random) % 8 == 0) {
			check(poison_broken_by_add(&poison, pfn, known[pfn]));
			known[pfn] = 1;
		}
		check(poison_broken_by_good(&poison, unit_random(&random) % PAGES,
					    unit_random(&random) % 64));
	}
}

#define CASE(sentence, function) \
	{ .name = (sentence), .test_func = (function), .setup_func = reset }

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE("D7 nothing is lost at first", test_empty),
		CASE("D7 one lost page", test_one),
		CASE("D7 the first and the last page there can be", test_ends),
		CASE("D7 when too many are lost, all are", test_full),
		CASE("D7 all rules hold for random pages", test_random),
	};

	return cmocka_run_group_tests_name("poison", tests, NULL, NULL);
}
