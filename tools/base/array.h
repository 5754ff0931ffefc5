/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Arrays that grow, and how many elements one of fixed size has.
 */
#ifndef ARRAY_H
#define ARRAY_H

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* Room for count elements; ends the program where there is no memory. */
static inline void *array_resize(void *array, size_t count, size_t size)
{
	void *new = reallocarray(array, count, size);

	if (!new) {
		fputs("nvgrace-gpu: out of memory\n", stderr);
		exit(EX_OSERR);
	}
	return new;
}

#endif /* ARRAY_H */
