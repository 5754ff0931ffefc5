// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz target: any sequence of writes and reads to a BAR of any size.
 */
#include "fuzz.h"
#include "fake_bar_rules.h"

#define BYTES NVGRACE_FAKE_BAR_BYTES
#define SIZE_LOG2_MIN 4

int fuzz_one_input(const __u8 *data, size_t size)
{
	struct fuzz_input input = { data, size };
	struct fake_bar_pair pair;

	fake_bar_pair_init(&pair, SIZE_LOG2_MIN + fuzz_byte(&input) % (64 - SIZE_LOG2_MIN));

	while (input.left) {
		__u8 access = fuzz_byte(&input);
		unsigned int offset = access % BYTES;
		unsigned int count = (access >> 3) % (BYTES - offset + 1);
		__u8 bytes[BYTES];

		if (access & 0x80) {
			fuzz_bytes(&input, bytes, count);
			fake_bar_pair_write(&pair, offset, count, bytes);
			/* Whatever was written, all of it can be seen at once. */
			offset = 0;
			count = BYTES;
		}
		FUZZ_CHECK(fake_bar_broken_rule(&pair, offset, count),
			   "size %#llx value %#llx offset %u count %u", pair.bar.size,
			   pair.bar.value, offset, count);
	}

	return 0;
}
