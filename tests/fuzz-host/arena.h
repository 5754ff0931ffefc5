/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Addresses that all threads of a VMM map, unmap and touch as they like, in
 * slots. Whatever the kernel is made to write to goes there, or nowhere.
 */
#ifndef FUZZ_ARENA_H
#define FUZZ_ARENA_H

#include "fuzz.h"

#define ARENA_SLOTS 16
#define ARENA_SLOT (64 * MIB)

/* No access through a pointer into the arena is longer. */
#define ARENA_SPAN_MAX ARENA_SLOT

/**
 * struct slot - a part of the arena
 * @at: where it begins
 * @read_only: what is there may not become writable: registers
 */
struct slot {
	char *at;
	bool read_only;
};

/* Makes the arena of this process. */
void arena_init(void);

struct slot *arena_slot(struct rng *rng);

/* An address in the arena: at random, or just before an end of something. */
char *arena_address(struct rng *rng);

/* The same, or one that no process can have: NULL, near it, the kernel's, not canonical. */
void *arena_pointer(struct rng *rng);

/**
 * struct span - a part of a region
 * @index: region
 * @offset: in the region
 * @length: bytes, at most what was asked for
 */
struct span {
	unsigned int index;
	u64 offset;
	u64 length;
};

/*
 * A part of usemem or resmem that holds no lane's cells, and so may be written
 * by anyone. It may cross the end of the memory and that of the BAR.
 */
struct span arena_span(struct rng *rng, const struct gpu *gpu, u64 limit);

#endif
