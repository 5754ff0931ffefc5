/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One emulated 64-bit memory BAR under byte-range reads and writes.  Plain C:
 * compiled into the module and, unchanged, into the user-space tests.
 */
#ifndef NVGRACE_FAKE_BAR_H
#define NVGRACE_FAKE_BAR_H

#include <linux/types.h>

/* A 64-bit BAR takes two 32-bit registers (PCI Local Bus 3.0, 6.2.5.1). */
#define NVGRACE_FAKE_BAR_BYTES	8u

/**
 * struct nvgrace_fake_bar - an emulated 64-bit prefetchable memory BAR
 * @value: what was last written, all 64 bits of it
 * @size: bytes the BAR decodes, a power of two of at least 16
 */
struct nvgrace_fake_bar {
	__u64 value;
	__u64 size;
};

__u64 nvgrace_fake_bar_value(const struct nvgrace_fake_bar *bar);
void nvgrace_fake_bar_read(const struct nvgrace_fake_bar *bar, unsigned int offset,
			   unsigned int count, __u8 *to);
void nvgrace_fake_bar_write(struct nvgrace_fake_bar *bar, unsigned int offset,
			    unsigned int count, const __u8 *from);

#endif /* NVGRACE_FAKE_BAR_H */
