/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rules of the memory split (D1.2, D1.3), as a check of what the driver's
 * code answers to any input.
 */
#ifndef SPLIT_RULES_H
#define SPLIT_RULES_H

#include "memory_split.h"

/*
 * Splits @in and judges the answer.
 * Returns NULL, or the rule that was broken.
 */
const char *split_broken_rule(const struct nvgrace_memory_input *in);

#endif /* SPLIT_RULES_H */
