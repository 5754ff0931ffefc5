/* SPDX-License-Identifier: GPL-2.0-only */
/* What the driver says in the kernel log about a GPU. */
#ifndef ABI_KMSG_H
#define ABI_KMSG_H

#include "types.h"

#define KMSG_ERR 3
#define KMSG_INFO 6

/* Starts listening: only what comes after this counts. */
int kmsg_open(void);

/*
 * Collects the driver's lines of this level about the GPU, one after the
 * other, and returns how many there were.
 */
unsigned int kmsg_read(int fd, int level, const char *bdf, char *text,
		       size_t len);

#endif
