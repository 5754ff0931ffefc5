/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rules of the set of lost pages (D7), as a check of what the driver's code
 * answers to anything added to it.
 */
#ifndef POISON_RULES_H
#define POISON_RULES_H

#include "poison.h"

/*
 * Adds @pfn, which was added before if @known, and judges the answer and the set.
 * Returns NULL, or the rule that was broken.
 */
const char *poison_broken_by_add(struct nvgrace_poison *poison, __u64 pfn, int known);

/* Judges the number of good pages in the @count from @pfn on. */
const char *poison_broken_by_good(const struct nvgrace_poison *poison, __u64 pfn, __u64 count);

#endif /* POISON_RULES_H */
