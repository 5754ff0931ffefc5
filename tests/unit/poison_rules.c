// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rules of the set of lost pages, by looking at each.
 */
#include "poison_rules.h"

#include <stdbool.h>
#include <stddef.h>

static bool has(const struct nvgrace_poison *poison, __u64 pfn)
{
	unsigned int i;

	for (i = 0; i < poison->count; i++) {
		if (poison->pfns[i] == pfn)
			return true;
	}

	return poison->overflow;
}

const char *poison_broken_by_add(struct nvgrace_poison *poison, __u64 pfn, int known)
{
	unsigned int i, before = poison->count;
	int was_full = poison->overflow;
	int news = nvgrace_poison_add(poison, pfn);

	if (news != (!known && !was_full))
		return "D7 a lost page is news once";
	if (!has(poison, pfn))
		return "D7 a lost page is in the set";
	if (poison->count > NVGRACE_POISON_MAX)
		return "D7 the set is bounded";
	if (poison->count < before || poison->overflow < was_full)
		return "D7 nothing is forgotten";
	if (poison->overflow && before < NVGRACE_POISON_MAX)
		return "D7 there is room for as many as it says";
	for (i = 1; i < poison->count; i++) {
		if (poison->pfns[i - 1] >= poison->pfns[i])
			return "D7 the set is in order";
	}

	return NULL;
}

const char *poison_broken_by_good(const struct nvgrace_poison *poison, __u64 pfn, __u64 count)
{
	__u64 good = nvgrace_poison_good(poison, pfn, count), want = count;
	unsigned int i;

	for (i = 0; i < poison->count; i++) {
		__u64 lost = poison->pfns[i];

		if (lost >= pfn && lost - pfn < want)
			want = lost - pfn;
	}
	if (poison->overflow)
		want = 0;

	return good == want ? NULL : "D7 pages are good up to the first lost one";
}
