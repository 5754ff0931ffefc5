// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz target: a fault anywhere in any mapping, with leaves of any size.
 */
#include "fuzz.h"
#include "window_rules.h"

int fuzz_one_input(const __u8 *data, size_t size)
{
	struct fuzz_input input = { data, size };
	__u64 leaf = 1ull << (fuzz_byte(&input) % 48);
	__u64 leaves = 1ull << (fuzz_byte(&input) % 16);
	__u64 start = fuzz_number(&input);
	__u64 length = fuzz_number(&input);
	__u64 address;

	if (start + length <= start)
		return 0;
	address = start + fuzz_number(&input) % length;
	FUZZ_CHECK(window_broken_rule(address, leaf, leaves, start, start + length),
		   "address %#llx leaf %#llx x %llu mapping [%#llx, %#llx)", address, leaf,
		   leaves, start, start + length);

	return 0;
}
