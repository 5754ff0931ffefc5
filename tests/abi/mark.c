// SPDX-License-Identifier: GPL-2.0-only
/*
 * mark put|check GPU SEED: the host's side of the marks in a GPU's memory that a guest
 * has on its own (guest_init.c). Whoever has the GPU, it is looked at through /dev/mem.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "marks.h"
#include "tap.h"

static struct gpu gpu;
static unsigned int seed;

static void put(void)
{
	marks_put(&gpu, MARKS_HOST, seed);
}

static void check(void)
{
	marks_check(&gpu, MARKS_HOST, seed);
}

int main(int argc, char **argv)
{
	static const struct tap_test tests[] = {
		{ "put", put },
		{ "check", check },
	};
	struct tap_suite suite = { .count = 1 };
	unsigned int i;

	if (argc != 4) {
		fputs("usage: mark put|check GPU SEED\n", stderr);
		return 2;
	}
	gpu = gpu_get(atoi(argv[2]));
	seed = atoi(argv[3]);
	for (i = 0; i < TAP_COUNT(tests); i++) {
		if (!strcmp(tests[i].name, argv[1]))
			suite.tests = &tests[i];
	}
	return suite.tests ? tap_run(&suite) : 2;
}
