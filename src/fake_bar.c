// SPDX-License-Identifier: GPL-2.0-only
/*
 * One emulated 64-bit memory BAR under byte-range reads and writes.
 */
#include "fake_bar.h"

/*
 * The read-only low bits: memory space (bit 0 clear), 64-bit (bits 2:1 = 10b),
 * prefetchable (bit 3 set).  PCI Local Bus 3.0, figure 6-5.
 */
#define FAKE_BAR_FLAGS		0xcull
#define FAKE_BAR_FLAGS_MASK	0xfull

/**
 * nvgrace_fake_bar_value() - what the two registers read as
 * @bar: the BAR
 *
 * Address bits below the size are hard-wired to zero, which is what makes the
 * all-ones sizing handshake work.
 *
 * Context: any; the caller keeps writers of @bar away.
 * Return: the 64-bit register value, low half first in config space.
 */
__u64 nvgrace_fake_bar_value(const struct nvgrace_fake_bar *bar)
{
	return (bar->value & ~(bar->size - 1) & ~FAKE_BAR_FLAGS_MASK) | FAKE_BAR_FLAGS;
}

/**
 * nvgrace_fake_bar_read() - read some bytes of the BAR
 * @bar: the BAR
 * @offset: first byte, below NVGRACE_FAKE_BAR_BYTES
 * @count: bytes; @offset + @count is at most NVGRACE_FAKE_BAR_BYTES
 * @to: where the bytes go, little-endian as config space is
 *
 * Context: any; the caller keeps writers of @bar away.
 */
void nvgrace_fake_bar_read(const struct nvgrace_fake_bar *bar, unsigned int offset,
			   unsigned int count, __u8 *to)
{
	__u64 value = nvgrace_fake_bar_value(bar) >> (8 * offset);

	for (; count; count--, value >>= 8)
		*to++ = (__u8)value;
}

/**
 * nvgrace_fake_bar_write() - write some bytes of the BAR
 * @bar: the BAR
 * @offset: first byte, below NVGRACE_FAKE_BAR_BYTES
 * @count: bytes; @offset + @count is at most NVGRACE_FAKE_BAR_BYTES
 * @from: the bytes, little-endian
 *
 * Context: any; the caller keeps other users of @bar away.
 */
void nvgrace_fake_bar_write(struct nvgrace_fake_bar *bar, unsigned int offset,
			    unsigned int count, const __u8 *from)
{
	unsigned int shift = 8 * offset;

	for (; count; count--, shift += 8) {
		bar->value &= ~(0xffull << shift);
		bar->value |= (__u64)*from++ << shift;
	}
}
