/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an administrator has told modprobe about a module.
 */
#ifndef MODPROBE_H
#define MODPROBE_H

#include <stdbool.h>

/**
 * struct modprobe_line - a line of modprobe's configuration
 * @file: the file it is in
 * @number: which line of it, from 1
 * @text: the line
 */
struct modprobe_line {
	char file[128];
	unsigned int number;
	char text[128];
};

/* The first line with a command, such as "install", for a module: whether there is one. */
bool modprobe_find(struct modprobe_line *line, const char *command, const char *module);

/* The same, of those that have a text in them, in small letters or capitals. */
bool modprobe_find_part(struct modprobe_line *line, const char *command, const char *module,
			const char *part);

#endif /* MODPROBE_H */
