/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The frame of a test program about one GPU: binds it to the driver, gives
 * each test a virtual GPU as the scenario describes it, unbinds it.
 */
#ifndef ABI_PROGRAM_H
#define ABI_PROGRAM_H

#include "gpu.h"
#include "tap.h"
#include "vfio.h"

/* The GPU under test. */
extern struct gpu gpu;

/* Runs the tests on the GPU named in the arguments; gives the exit status. */
int program_run(int argc, char **argv, const struct tap_test *tests,
		size_t count);

/* Where it depends on the GPU which tests there are: those that were added before. */
void program_add(const struct tap_test *tests, size_t count);
int program_run_added(int argc, char **argv);

/* The indices of the GPU's memory regions, 0 behind the last. */
const unsigned int *program_regions(void);

/* Opens the GPU and runs a check on each of its memory regions. */
void program_each_region(struct vfio *dev,
			 void (*check)(unsigned int index,
				       const struct gpu_memory *memory));

#endif
