// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench RUNS [count]: measures the drivers in turn, RUNS times each, so that
 * whatever disturbs the machine disturbs both. Each run of a driver is a test:
 * the module is loaded, the GPU bound, measured, unbound, the module unloaded.
 *
 * count: the clock counts instructions. Only what sleeps nowhere is measured
 * then: the clock jumps over sleep.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver.h"
#include "host.h"
#include "measure.h"

#define RUN_TIMEOUT_S 180

struct vfio dev;

static const struct driver *drivers[2] = { &driver_ours };

static unsigned int driver_count = 1;

static unsigned int tests_done;

static bool counting;

/* The first of a run is another one each time: 0 1, 1 0, 0 1... */
static const struct driver *driver_of(unsigned int test)
{
	unsigned int run = test / driver_count;

	return drivers[(test + run) % driver_count];
}

static void begin(void)
{
	const struct driver *driver = driver_of(tests_done);
	u64 start;

	sample_begin(driver->name);
	start = sample_now();
	driver_load(driver);
	if (!counting)
		sample_since("module_load", start);
	start = sample_now();
	CHECK_RET(host_bind(gpu.bdf, DRIVER), 0);
	if (!counting)
		sample_since("bind", start);
}

static void end(void)
{
	CHECK_RET(host_unbind(gpu.bdf), 0);
	driver_unload();
	host_gpu_restore(&gpu);
	tests_done++;
}

/* Whatever a driver does on first use is done once it was read. */
static void open_ready(void)
{
	u64 value;

	vfio_open(&dev, &gpu);
	CHECK_RET(vfio_read(&dev, USEMEM, 0, &value, 8), 8);
	CHECK_RET(vfio_read(&dev, RESMEM, 0, &value, 8), 8);
}

static void measure(void)
{
	measure_noise();
	if (!counting)
		measure_open();
	open_ready();
	measure_chosen_address();
	measure_mapping();
	measure_copies();
	measure_config();
	measure_type1();
	if (!counting) {
		measure_reset();
		measure_waiting();
	}
	measure_iommufd();
}

static struct tap_test *make_tests(unsigned int count)
{
	struct tap_test *tests = calloc(count, sizeof(*tests));
	unsigned int i;
	char *name;

	for (i = 0; i < count; i++) {
		CHECK(asprintf(&name, "bench: run %u of %u, %s",
			       i / driver_count + 1, count / driver_count,
			       driver_of(i)->name) > 0, "no memory");
		tests[i] = (struct tap_test){ name, measure, RUN_TIMEOUT_S };
	}
	return tests;
}

int main(int argc, char **argv)
{
	struct tap_suite suite = { .before = begin, .after = end };

	CHECK(argc > 1 && atoi(argv[1]) > 0, "usage: bench RUNS [count]");
	counting = argc > 2 && !strcmp(argv[2], "count");
	if (driver_exists(&driver_in_kernel))
		drivers[driver_count++] = &driver_in_kernel;
	gpu = gpu_get(1);
	suite.count = driver_count * atoi(argv[1]);
	suite.tests = make_tests(suite.count);
	driver_unload();
	host_gpu_restore(&gpu);
	return tap_run(&suite);
}
