/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The command line of the kernel that runs.
 */
#ifndef COMMAND_LINE_H
#define COMMAND_LINE_H

#include <stdbool.h>

#define COMMAND_LINE_SIZE 256

/**
 * struct command_line_word - a word NAME=VALUE,VALUE
 * @text: the word, fit for commands
 * @without: the word without the value that was looked for, empty if no other is left
 */
struct command_line_word {
	char text[COMMAND_LINE_SIZE];
	char without[COMMAND_LINE_SIZE];
};

/* The first word of that name with that value: whether there is one.  A dash is an underscore. */
bool command_line_find(struct command_line_word *word, const char *name, const char *value);

#endif /* COMMAND_LINE_H */
