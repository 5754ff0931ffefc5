/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rules of a window of leaves (D4.3), as a check of what the driver's code
 * answers to any fault.
 */
#ifndef WINDOW_RULES_H
#define WINDOW_RULES_H

#include "window.h"

/*
 * Asks for the window around @address in [@start, @end) and judges the answer.
 * Returns NULL, or the rule that was broken.
 */
const char *window_broken_rule(__u64 address, __u64 leaf, __u64 leaves, __u64 start, __u64 end);

#endif /* WINDOW_RULES_H */
