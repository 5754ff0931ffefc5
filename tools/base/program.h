/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Programs of this machine.
 */
#ifndef PROGRAM_H
#define PROGRAM_H

#include "base/text.h"

/*
 * Asks a program for its version (--version): 0, -ENOENT if it is not there, -ETIMEDOUT if it
 * did not answer in time, -EOPNOTSUPP in a recorded tree, whose programs are never run.
 * Whatever it does after that is ended.
 */
int program_version(const char *name, struct text_version *version);

#endif /* PROGRAM_H */
