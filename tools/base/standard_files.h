/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Standard input, output and error.
 */
#ifndef STANDARD_FILES_H
#define STANDARD_FILES_H

/* Else the next file that is opened would be one of them, and get what is said. */
void standard_files_open(void);

#endif /* STANDARD_FILES_H */
