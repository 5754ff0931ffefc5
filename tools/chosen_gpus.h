/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The GPUs that a command is about.
 */
#ifndef CHOSEN_GPUS_H
#define CHOSEN_GPUS_H

#include "host/gpu.h"

/* Those that are named, or all that there are: 0; or -1, and says why. */
int chosen_gpus_read(struct gpus *gpus, char *bdfs[], int count);

#endif /* CHOSEN_GPUS_H */
