/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Byte-range arithmetic.  Plain C: compiled into the module and, unchanged,
 * into the user-space tests.
 */
#ifndef NVGRACE_RANGE_H
#define NVGRACE_RANGE_H

#include <linux/types.h>

/**
 * struct nvgrace_span - an access cut where it crosses a window
 * @before: bytes of the access below the window
 * @inside: bytes of the access in the window
 * @after: bytes of the access above the window
 *
 * The three parts follow one another and add up to the access.
 */
struct nvgrace_span {
	__u64 before;
	__u64 inside;
	__u64 after;
};

struct nvgrace_span nvgrace_span_cut(__u64 pos, __u64 count, __u64 start, __u64 end);

#endif /* NVGRACE_RANGE_H */
