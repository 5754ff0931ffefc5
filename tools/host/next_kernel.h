/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel that boots next.
 */
#ifndef NEXT_KERNEL_H
#define NEXT_KERNEL_H

#include <stdbool.h>
#include <stddef.h>

#include "host/distribution.h"

/**
 * next_kernel() - the kernel that the boot loader has as default
 * @distribution: what this host runs
 * @release: from malloc(); NULL if no kernel is installed, or it cannot be known
 * @entry: the boot loader's default, fit for display; empty: it has none
 * @size: of that
 *
 * Where no default is configured it is the newest.
 *
 * Return: whether it is known.
 */
bool next_kernel(const struct distribution *distribution, char **release, char *entry, size_t size);

#endif /* NEXT_KERNEL_H */
