/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Programs of this machine.
 */
#ifndef PROGRAM_H
#define PROGRAM_H

#include <stdbool.h>

#include "base/text.h"

/*
 * Asks a program for its version (--version): 0, -ENOENT if it is not there, -ETIMEDOUT if it
 * did not answer in time, -EOPNOTSUPP in a recorded tree, whose programs are never run.
 * Whatever it does after that is ended.
 */
int program_version(const char *name, struct text_version *version);

/*
 * Asks a program something: 0 and what it prints to stdout, from malloc(), whatever its exit
 * status is; -ENOENT if it is not there, -ETIMEDOUT if it went on too long.  The arguments end
 * with NULL.  In a recorded tree the answer is the file /answers/PROGRAM ARGUMENTS.
 */
int program_answer(const char * const arguments[], char **answer);

/* Whether there is such a program where root's are. */
bool program_is_there(const char *name);

/*
 * Runs a command, words between spaces, until it ends; what it says goes to stderr.  0, -ENOENT
 * if there is no such program, -EIO if it failed.
 */
int program_run(const char *command);

#endif /* PROGRAM_H */
