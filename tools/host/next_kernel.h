/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel that boots next.
 */
#ifndef NEXT_KERNEL_H
#define NEXT_KERNEL_H

/*
 * Its release, from malloc(): the one that the boot loader has as default, as far as its
 * configuration names one, else the newest; NULL if no kernel is installed.
 */
char *next_kernel(void);

#endif /* NEXT_KERNEL_H */
