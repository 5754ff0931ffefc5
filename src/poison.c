// SPDX-License-Identifier: GPL-2.0-only
/*
 * A bounded set of lost pages.
 */
#include "poison.h"

/* The place of the first entry that is not below @pfn. */
static unsigned int lower_bound(const struct nvgrace_poison *poison, __u64 pfn)
{
	unsigned int low = 0, high = poison->count;

	while (low < high) {
		unsigned int middle = (low + high) / 2;

		if (poison->pfns[middle] < pfn)
			low = middle + 1;
		else
			high = middle;
	}

	return low;
}

/**
 * nvgrace_poison_add() - a page is lost
 * @poison: the set
 * @pfn: its page frame number
 *
 * Context: any; the caller keeps other users of @poison away.
 * Return: 1 if that is news, 0 if it was lost already.
 */
int nvgrace_poison_add(struct nvgrace_poison *poison, __u64 pfn)
{
	unsigned int at = lower_bound(poison, pfn), i;

	if (poison->overflow || (at < poison->count && poison->pfns[at] == pfn))
		return 0;

	if (poison->count == NVGRACE_POISON_MAX) {
		poison->overflow = 1;
		return 1;
	}

	for (i = poison->count++; i > at; i--)
		poison->pfns[i] = poison->pfns[i - 1];
	poison->pfns[at] = pfn;

	return 1;
}

/**
 * nvgrace_poison_good() - how many pages from here on are good
 * @poison: the set
 * @pfn: the first page
 * @count: pages that matter; @pfn + @count fits 64 bits
 *
 * Context: any; the caller keeps nvgrace_poison_add() away.
 * Return: pages before the first lost one, at most @count.
 */
__u64 nvgrace_poison_good(const struct nvgrace_poison *poison, __u64 pfn, __u64 count)
{
	unsigned int at = lower_bound(poison, pfn);

	if (poison->overflow)
		return 0;
	if (at == poison->count || poison->pfns[at] - pfn >= count)
		return count;

	return poison->pfns[at] - pfn;
}
