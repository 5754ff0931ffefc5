// SPDX-License-Identifier: GPL-2.0-only
/* Numbers in the report, and the clock they come from. */
#include <stdio.h>
#include <time.h>

#include "measure.h"

#define NOISE_ROUNDS 2000000

static const char *driver;

void sample_begin(const char *name)
{
	driver = name;
}

void sample_put(const char *metric, double value)
{
	tap_note("sample %s %s %.3f", driver, metric, value);
}

void sample_none(const char *metric)
{
	tap_note("sample %s %s none", driver, metric);
}

u64 sample_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

void sample_since(const char *metric, u64 start)
{
	sample_put(metric, sample_now() - start);
}

void measure_noise(void)
{
	u64 start = sample_now(), value = 1;
	unsigned int i;

	for (i = 0; i < NOISE_ROUNDS; i++) {
		value ^= value << 13;
		value ^= value >> 7;
		value ^= value << 17;
	}
	/* The compiler must take it for used. */
	asm volatile("" : : "r"(value));
	sample_since("noise", start);
}
