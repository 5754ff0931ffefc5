// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz target: the split of any memory on any machine.
 */
#include "fuzz.h"
#include "split_rules.h"

int fuzz_one_input(const __u8 *data, size_t size)
{
	struct fuzz_input input = { data, size };
	__u8 machine = fuzz_byte(&input);
	struct nvgrace_memory_input in = {
		.mig_erratum = machine & 1,
		.page_size = 4096ull << (machine >> 1 & 7),
		.address_end = machine & 0x10 ? 1ull << 52 : fuzz_number(&input),
		.bar_limit = machine & 0x20 ? 1ull << 40 : fuzz_number(&input),
	};

	in.base = fuzz_number(&input);
	in.size = fuzz_number(&input);
	/* What is no multiple of the page size gets no further: not too much of it. */
	if (machine & 0x40)
		in.base &= -in.page_size;
	if (machine & 0x80)
		in.size &= -in.page_size;

	FUZZ_CHECK(split_broken_rule(&in),
		   "base %#llx size %#llx erratum %d page %#llx end %#llx limit %#llx",
		   in.base, in.size, in.mig_erratum, in.page_size, in.address_end, in.bar_limit);

	return 0;
}
