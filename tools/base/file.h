/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files that the tool writes.
 */
#ifndef FILE_H
#define FILE_H

#include <stddef.h>

/*
 * Puts a new file in the place of the old one: who reads it sees the one or the other, whatever
 * happens meanwhile.  0, or a negative errno number: -EEXIST for what is there and is no file.
 */
int file_replace(const char *path, const char *text, size_t length);

#endif /* FILE_H */
