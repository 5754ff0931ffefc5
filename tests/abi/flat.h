/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether something that is done again and again leaves something behind in the kernel. */
#ifndef ABI_FLAT_H
#define ABI_FLAT_H

/*
 * Calls once() so many times, about, and a tenth more before that; the test ends if the kernel
 * has lost memory, or references to the driver's module, in every other call.
 */
void flat_run(unsigned int times, void (*once)(void));

#endif
