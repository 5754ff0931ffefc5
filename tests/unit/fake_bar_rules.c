// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rules of an emulated BAR, bit by bit.
 */
#include "fake_bar_rules.h"

#include <stdbool.h>
#include <string.h>

#define GUARD 0x5a

void fake_bar_pair_init(struct fake_bar_pair *pair, unsigned int size_log2)
{
	memset(pair, 0, sizeof(*pair));
	pair->bar.size = 1ull << size_log2;
}

void fake_bar_pair_write(struct fake_bar_pair *pair, unsigned int offset, unsigned int count,
			 const __u8 *from)
{
	memcpy(pair->written + offset, from, count);
	nvgrace_fake_bar_write(&pair->bar, offset, count, from);
}

/* PCI Local Bus 3.0, 6.2.5.1: what bit @bit of a 64-bit prefetchable BAR reads as. */
static bool expected_bit(const struct fake_bar_pair *pair, unsigned int bit)
{
	if (bit < 4)
		return bit == 2 || bit == 3;
	if (pair->bar.size > 1ull << bit)
		return false;

	return pair->written[bit / 8] >> (bit % 8) & 1;
}

static __u8 expected_byte(const struct fake_bar_pair *pair, unsigned int offset)
{
	unsigned int bit;
	__u8 byte = 0;

	for (bit = 0; bit < 8; bit++)
		byte |= expected_bit(pair, 8 * offset + bit) << bit;

	return byte;
}

const char *fake_bar_broken_rule(const struct fake_bar_pair *pair, unsigned int offset,
				 unsigned int count)
{
	__u8 buffer[NVGRACE_FAKE_BAR_BYTES + 2];
	unsigned int i;

	memset(buffer, GUARD, sizeof(buffer));
	nvgrace_fake_bar_read(&pair->bar, offset, count, buffer + 1);

	if (buffer[0] != GUARD)
		return "D2.2 a read leaves the bytes before its own alone";
	for (i = count + 1; i < sizeof(buffer); i++)
		if (buffer[i] != GUARD)
			return "D2.2 a read leaves the bytes behind its own alone";
	for (i = 0; i < count; i++)
		if (buffer[1 + i] != expected_byte(pair, offset + i))
			return "D2.1 a byte reads as it was written, but for the read-only bits";

	return NULL;
}
