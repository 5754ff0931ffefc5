/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rules of an emulated BAR (D2.1, D2.2), as a second one that is made of
 * single bits and bytes, and used side by side with the driver's.
 */
#ifndef FAKE_BAR_RULES_H
#define FAKE_BAR_RULES_H

#include "fake_bar.h"

/* The driver's BAR, and the bytes that were written to it. */
struct fake_bar_pair {
	struct nvgrace_fake_bar bar;
	__u8 written[NVGRACE_FAKE_BAR_BYTES];
};

/* A new BAR of 2^@size_log2 bytes; at least 2^4, at most 2^63. */
void fake_bar_pair_init(struct fake_bar_pair *pair, unsigned int size_log2);

void fake_bar_pair_write(struct fake_bar_pair *pair, unsigned int offset, unsigned int count,
			 const __u8 *from);

/*
 * Reads @count bytes at @offset from both.
 * Returns NULL, or the rule that was broken.
 */
const char *fake_bar_broken_rule(const struct fake_bar_pair *pair, unsigned int offset,
				 unsigned int count);

#endif /* FAKE_BAR_RULES_H */
