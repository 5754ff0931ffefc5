/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The package's udev rule, which binds GPUs at boot.
 */
#ifndef UDEV_RULE_H
#define UDEV_RULE_H

#include <stdbool.h>

#define UDEV_RULE_PATH_SIZE 96

bool udev_rule_is_there(void);

/* The administrator's file that udev reads in its place: whether there is one. */
bool udev_rule_is_masked(char path[UDEV_RULE_PATH_SIZE]);

#endif /* UDEV_RULE_H */
