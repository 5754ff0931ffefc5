/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * depmod's lists of the modules of a kernel.
 */
#ifndef MODULE_LIST_H
#define MODULE_LIST_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The path of a module in a list that has one a line, as modules.dep and modules.builtin do:
 * whether it is there.  What follows a colon is about other modules.
 */
bool module_list_find(const char *list, const char *name, char *path, size_t size);

#endif /* MODULE_LIST_H */
