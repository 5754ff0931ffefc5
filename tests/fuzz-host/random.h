/* SPDX-License-Identifier: GPL-2.0-only */
/* Random numbers that anyone can have again: splitmix64. */
#ifndef FUZZ_RANDOM_H
#define FUZZ_RANDOM_H

#include "types.h"

/**
 * struct rng - a stream of numbers
 * @state: all there is to it
 */
struct rng {
	u64 state;
};

static inline u64 rng_next(struct rng *rng)
{
	u64 z = rng->state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

/* The stream of a step: the same whoever asks, and whenever. */
static inline struct rng rng_of(u64 seed, u64 step)
{
	struct rng rng = { seed };

	rng.state = rng_next(&rng) ^ step;
	rng.state = rng_next(&rng);
	return rng;
}

static inline u64 rng_below(struct rng *rng, u64 limit)
{
	return limit ? rng_next(rng) % limit : 0;
}

static inline bool rng_chance(struct rng *rng, unsigned int percent)
{
	return rng_below(rng, 100) < percent;
}

/* A size: each number of bits as likely as another, so that small ones come often. */
static inline u64 rng_size(struct rng *rng, u64 limit)
{
	unsigned int bits = 64 - __builtin_clzll(limit | 1);
	u64 size = rng_next(rng) >> (64 - 1 - rng_below(rng, bits));

	return size <= limit ? size : limit;
}

#define RNG_PICK(rng, array) ((array)[rng_below(rng, sizeof(array) / sizeof((array)[0]))])

#endif
