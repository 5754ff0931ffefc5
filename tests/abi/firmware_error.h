/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory errors as firmware reports them. */
#ifndef ABI_FIRMWARE_ERROR_H
#define ABI_FIRMWARE_ERROR_H

#include "types.h"

/*
 * Has the emulator's firmware report an uncorrected error at a physical address
 * that nobody was just reading.  Does not wait until the kernel has seen it.
 */
void firmware_error_memory(u64 address);

#endif
