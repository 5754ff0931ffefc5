/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Windows of page-table leaves.  Plain C: compiled into the module and,
 * unchanged, into the user-space tests.
 */
#ifndef NVGRACE_WINDOW_H
#define NVGRACE_WINDOW_H

#include <linux/types.h>

/**
 * struct nvgrace_window - leaves that follow one another
 * @start: address of the first
 * @end: address behind the last
 *
 * No leaves: both are 0.
 */
struct nvgrace_window {
	__u64 start;
	__u64 end;
};

struct nvgrace_window nvgrace_window_around(__u64 address, __u64 leaf, __u64 leaves, __u64 start,
					    __u64 end);

#endif /* NVGRACE_WINDOW_H */
