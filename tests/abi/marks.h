/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Marks in GPU memory where the layout could go wrong: at the start, around
 * boundaries of 512 MiB, and in the last page. Guest and host know them alike.
 */
#ifndef ABI_MARKS_H
#define ABI_MARKS_H

#include "gpu.h"
#include "types.h"

/**
 * struct mark - one word of GPU memory
 * @index: region
 * @offset: in the region
 * @value: what is there, different for each mark, GPU and seed
 */
struct mark {
	unsigned int index;
	u64 offset;
	u64 value;
};

#define MARKS_MAX 64

/* Where the memory is seen. */
enum marks_side {
	MARKS_HOST,	/* by physical address, whoever has the GPU */
	MARKS_GUEST,	/* through the BARs in sysfs */
};

/* Fills in the marks of a GPU; returns how many. */
unsigned int marks_of(const struct gpu *gpu, unsigned int seed,
		      struct mark *marks);

void marks_put(const struct gpu *gpu, enum marks_side side, unsigned int seed);
void marks_check(const struct gpu *gpu, enum marks_side side,
		 unsigned int seed);

/* One word of a region. */
u64 marks_load(const struct gpu *gpu, enum marks_side side, unsigned int index,
	       u64 offset);
void marks_store(const struct gpu *gpu, enum marks_side side,
		 unsigned int index, u64 offset, u64 value);

#endif
