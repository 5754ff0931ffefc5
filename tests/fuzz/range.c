// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz target: any access cut at the edges of any window.
 */
#include "fuzz.h"
#include "span_rules.h"

int fuzz_one_input(const __u8 *data, size_t size)
{
	struct fuzz_input input = { data, size };
	__u64 pos = fuzz_number(&input);
	__u64 count = fuzz_number(&input);
	__u64 start = fuzz_number(&input);
	__u64 end = fuzz_number(&input);

	if (start > end)
		end = start;
	FUZZ_CHECK(span_broken_rule(pos, count, start, end),
		   "pos %#llx count %#llx window [%#llx, %#llx)", pos, count, start, end);

	return 0;
}
