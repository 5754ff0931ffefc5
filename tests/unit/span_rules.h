/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rules of cutting an access at the edges of a window (D2.2, D5.1), as a
 * check of what the driver's code answers to any input.
 */
#ifndef SPAN_RULES_H
#define SPAN_RULES_H

#include "range.h"

/*
 * Cuts @count bytes at @pos at [@start, @end) and judges the answer.
 * Returns NULL, or the rule that was broken.
 */
const char *span_broken_rule(__u64 pos, __u64 count, __u64 start, __u64 end);

#endif /* SPAN_RULES_H */
