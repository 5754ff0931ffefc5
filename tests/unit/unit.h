/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the unit tests share: cmocka with the headers it wants, sizes, and
 * random numbers that are the same in every run.
 */
#ifndef UNIT_H
#define UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <linux/types.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#define KIB 0x400ull
#define MIB 0x100000ull
#define GIB 0x40000000ull
#define TIB 0x10000000000ull

/* A test with a sentence for a name: the rule it proves. */
#define RULE(sentence, function) { .name = (sentence), .test_func = (function) }

/* A test of one row of a table: the function finds it, a struct @type, in its state. */
#define ROW(sentence, function, type, ...)				\
	{ .name = (sentence), .test_func = (function),			\
	  .initial_state = &(struct type){ __VA_ARGS__ } }

/* xorshift64 (Marsaglia 2003); @state is not zero. */
static inline __u64 unit_random(__u64 *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;

	return *state;
}

#endif /* UNIT_H */
