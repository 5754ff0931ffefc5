// SPDX-License-Identifier: GPL-2.0-only
/* Sets up and cleans up around the tests of a program. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "program.h"

struct gpu gpu;

static void restore(void)
{
	char driver[NAME_MAX + 1];

	host_gpu_restore(&gpu);
	host_driver(gpu.bdf, driver, sizeof(driver));
	if (strcmp(driver, DRIVER))
		host_rebind(gpu.bdf, DRIVER);
}

int program_run(int argc, char **argv, const struct tap_test *tests,
		size_t count)
{
	const struct tap_suite suite = {
		.tests = tests,
		.count = count,
		.after = restore,
	};
	int status;

	gpu = gpu_from_args(argc, argv);
	restore();
	status = tap_run(&suite);
	CHECK_RET(host_unbind(gpu.bdf), 0);
	return status;
}

static struct tap_test *added;
static size_t count_added;

void program_add(const struct tap_test *tests, size_t count)
{
	added = realloc(added, (count_added + count) * sizeof(*added));
	CHECK(added, "no memory for %zu tests", count_added + count);
	memcpy(added + count_added, tests, count * sizeof(*added));
	count_added += count;
}

int program_run_added(int argc, char **argv)
{
	return program_run(argc, argv, added, count_added);
}

const unsigned int *program_regions(void)
{
	static const unsigned int both[] = { USEMEM, RESMEM, 0 };
	static const unsigned int one[] = { USEMEM, 0 };

	return gpu.resmem.length ? both : one;
}

void program_each_region(struct vfio *dev,
			 void (*check)(unsigned int index,
				       const struct gpu_memory *memory))
{
	const unsigned int *index;

	vfio_open(dev, &gpu);
	for (index = program_regions(); *index; index++) {
		tap_note("region %u", *index);
		check(*index, gpu_memory(&gpu, *index));
	}
}
