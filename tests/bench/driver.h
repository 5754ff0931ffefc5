/* SPDX-License-Identifier: GPL-2.0-only */
/* The modules to compare: of one name, so only one is loaded at a time. */
#ifndef BENCH_DRIVER_H
#define BENCH_DRIVER_H

#include <stdbool.h>

/**
 * struct driver - a module to measure
 * @name: in samples
 * @path: its file
 */
struct driver {
	const char *name;
	const char *path;
};

extern const struct driver driver_ours;
extern const struct driver driver_in_kernel;

/* Not for every kernel is there an in-kernel driver. */
bool driver_exists(const struct driver *driver);

void driver_load(const struct driver *driver);

/* Whichever is loaded. */
void driver_unload(void);

#endif
