/* SPDX-License-Identifier: GPL-2.0-only */
/* Is the host as well as it was? */
#ifndef FUZZ_HEALTH_H
#define FUZZ_HEALTH_H

#include "fuzz.h"

/*
 * A reset through sysfs while the PCI core still gives a GPU its addresses takes them
 * away again. The driver's message says what to do then: it is removed, to be found
 * again by a rescan.
 */
int health_bind(const struct gpu *gpu);

/*
 * The GPU as the scenario has it, there, ready, and bound to the driver. It may
 * be one that is reset on its way from D3hot to D0.
 */
void health_restore(const struct gpu *gpu, bool soft_reset);

/* Open, all accesses, reset, all accesses, close. */
void health_check_device(const struct gpu *gpu);

/* Nothing of the driver's is left once it is gone; it comes back. */
void health_check_leaks(const struct target *targets, unsigned int count);

#endif
