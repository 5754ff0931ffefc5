// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz target: pages lost in any order, and questions in between.
 */
#include "fuzz.h"
#include "poison_rules.h"

/* Starts nearly full, so that a few bytes can fill it. */
static void fill(struct nvgrace_poison *poison, __u8 free)
{
	memset(poison, 0, sizeof(*poison));
	while (poison->count < NVGRACE_POISON_MAX - free) {
		poison->pfns[poison->count] = 0x1000000ull + 3 * poison->count;
		poison->count++;
	}
}

static int has(const struct nvgrace_poison *poison, __u64 pfn)
{
	unsigned int i;

	for (i = 0; i < poison->count; i++) {
		if (poison->pfns[i] == pfn)
			return 1;
	}

	return 0;
}

int fuzz_one_input(const __u8 *data, size_t size)
{
	struct fuzz_input input = { data, size };
	static struct nvgrace_poison poison;

	fill(&poison, fuzz_byte(&input));
	while (input.left) {
		__u64 pfn = fuzz_number(&input);
		__u64 count = fuzz_number(&input);

		FUZZ_CHECK(poison_broken_by_good(&poison, pfn, count & ~pfn),
			   "%#llx pages from %#llx", count & ~pfn, pfn);
		FUZZ_CHECK(poison_broken_by_add(&poison, pfn, has(&poison, pfn)), "page %#llx",
			   pfn);
	}

	return 0;
}
