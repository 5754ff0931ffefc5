/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the bench measures. Each number is a line of the report,
 * "# sample DRIVER METRIC VALUE"; metrics.list tells what it is.
 */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include "program.h"

/* The device under measurement, open. */
extern struct vfio dev;

/* Whose numbers these are: the first word of each sample. */
void sample_begin(const char *driver);

void sample_put(const char *metric, double value);

/* This kernel, or this driver, cannot do that. */
void sample_none(const char *metric);

/* Nanoseconds; in a host whose clock counts those, instructions. */
u64 sample_now(void);

/* The nanoseconds since then. */
void sample_since(const char *metric, u64 start);

/* A fixed piece of work that no driver takes part in. */
void measure_noise(void);

/* Opens the device, and closes it again. */
void measure_open(void);

/* The device is open and ready from here on. */
void measure_mapping(void);
void measure_chosen_address(void);
void measure_copies(void);
void measure_config(void);
void measure_reset(void);
void measure_waiting(void);

/* What a guest's start does with the memory; the second closes the device. */
void measure_type1(void);
void measure_iommufd(void);

#endif
