/* SPDX-License-Identifier: GPL-2.0-only */
/* The two GPUs that a host gives to guests, before and after. */
#ifndef ABI_ASSIGN_H
#define ABI_ASSIGN_H

#include "gpu.h"
#include "tap.h"
#include "vm.h"

#define ASSIGN_GPUS 2

extern struct gpu assign_gpus[ASSIGN_GPUS];

/* How guests get the GPUs, from the program's argument: 0, or VM_CDEV for "cdev". */
unsigned int assign_kind(int argc, char **argv);

/* Binds the GPUs to the driver and puts marks with this seed in their memory. */
void assign_begin(unsigned int seed);

/*
 * The GPU has come back from a guest: the driver still has it, nobody holds it,
 * its emulated BARs are 0 and its memory can be used.
 */
void assign_check_back(const struct gpu *gpu);

/*
 * For a kernel that makes an iommufd no room for DMA as VMMs ask for it: runs
 * the test that guests cannot have the GPUs so, and that it does no harm.
 */
bool assign_has_no_room(unsigned int kind);
int assign_run_without_room(void);

/* Runs the tests, then kills the guests and unbinds the GPUs; gives the exit status. */
int assign_run(const struct tap_test *tests, size_t count, struct vm *guests,
	       size_t guest_count);

#endif
