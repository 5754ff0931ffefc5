/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * GPU memory that a GPU driver of the host has given to Linux.
 */
#ifndef GIVEN_MEMORY_H
#define GIVEN_MEMORY_H

#include "host/gpu.h"

/* What /proc/iomem calls it. */
#define GIVEN_MEMORY "System RAM (NVIDIA)"

/* Whether memory of this GPU is Linux's now, so that the driver would refuse the GPU. */
bool given_memory_is_of(const struct gpu *gpu);

/* Whether the driver that gave it has that GPU still, and takes the memory back when asked. */
bool given_memory_has_owner(const struct gpu *gpu);

#endif /* GIVEN_MEMORY_H */
