/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Standard output, where a person may be sitting.
 */
#ifndef TERMINAL_H
#define TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

enum terminal_colour {
	TERMINAL_RED = 31,
	TERMINAL_GREEN = 32,
	TERMINAL_YELLOW = 33,
	TERMINAL_BLUE = 34,
};

bool terminal_is_there(void);

/* A word in colour, unless nobody sees it or NO_COLOR is set; as wide as it says, or wider. */
void terminal_print_word(const char *word, int width, enum terminal_colour colour);

/*
 * Ends a line that has so many columns with a text; on a terminal it goes on below itself where
 * the line is full.
 */
void terminal_print_text(size_t column, const char *text);

/* The next thing that is printed is the first on the screen. */
void terminal_clear(void);

#endif /* TERMINAL_H */
