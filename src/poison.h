/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pages that were lost to memory errors.  Plain C: compiled into the module and,
 * unchanged, into the user-space tests.
 */
#ifndef NVGRACE_POISON_H
#define NVGRACE_POISON_H

#include <linux/types.h>

/*
 * More than a GPU can repair (NVIDIA GPU memory error management: at most 512
 * row remappings) has to be replaced.
 */
#define NVGRACE_POISON_MAX	512

/**
 * struct nvgrace_poison - set of lost pages
 * @count: entries of @pfns
 * @overflow: there were more than fit, and every page counts as lost
 * @pfns: page frame numbers, ascending
 */
struct nvgrace_poison {
	unsigned int count;
	int overflow;
	__u64 pfns[NVGRACE_POISON_MAX];
};

int nvgrace_poison_add(struct nvgrace_poison *poison, __u64 pfn);
__u64 nvgrace_poison_good(const struct nvgrace_poison *poison, __u64 pfn, __u64 count);

#endif /* NVGRACE_POISON_H */
