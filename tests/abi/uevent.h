/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel tells udev about a PCI device. */
#ifndef ABI_UEVENT_H
#define ABI_UEVENT_H

#include "types.h"

/* Starts listening: only what comes after this counts. */
int uevent_open(void);

/*
 * The next event of the device, as "ACTION" or "ACTION NVGRACE_GPU_EVENT"; "" if
 * there is none within so many milliseconds.
 */
void uevent_next(int fd, const char *bdf, long timeout_ms, char *text,
		 size_t len);

#endif
