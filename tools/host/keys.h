/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keys that modules are signed with: DKMS's, and those that the kernel trusts.
 */
#ifndef KEYS_H
#define KEYS_H

#include <stdbool.h>

/* The file of DKMS's certificate, from malloc(). */
char *dkms_certificate(void);

/*
 * Whether the kernel has the key of that name, by its identifier if it is DKMS's, whose name is
 * that of many others: 1, 0, or -1 if its keys cannot be seen; and whether it has one so called.
 */
int kernel_key_find(const char *name, bool *same_name);

#endif /* KEYS_H */
