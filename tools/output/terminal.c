// SPDX-License-Identifier: GPL-2.0-only
/*
 * Standard output, where a person may be sitting.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "output/terminal.h"

/* Less than that is no help to anybody. */
#define WIDTH_MIN 40

bool terminal_is_there(void)
{
	return isatty(STDOUT_FILENO);
}

/* Columns of it; 0 where there is no end. */
static size_t columns_there(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || size.ws_col < WIDTH_MIN)
		return 0;
	return size.ws_col;
}

static bool has_colour(void)
{
	const char *no = getenv("NO_COLOR");
	const char *terminal = getenv("TERM");

	return terminal_is_there() && !(no && no[0]) && terminal && strcmp(terminal, "dumb");
}

void terminal_print_word(const char *word, int width, enum terminal_colour colour)
{
	if (has_colour())
		printf("\033[%dm%-*s\033[m", colour, width, word);
	else
		printf("%-*s", width, word);
}

/* How much of a text is put into a line: up to its last space, or all of a word too long. */
static size_t line_length(const char *text, size_t room)
{
	size_t length = strlen(text);

	if (length <= room)
		return length;
	for (length = room; length && text[length] != ' '; length--)
		;
	return length ? length : strcspn(text, " ");
}

void terminal_print_text(size_t column, const char *text)
{
	size_t columns = columns_there();
	size_t length = columns > column ? line_length(text, columns - column) : strlen(text);

	printf("%.*s\n", (int)length, text);
	while (text[length]) {
		text += length + strspn(text + length, " ");
		length = line_length(text, columns - column);
		printf("%*s%.*s\n", (int)column, "", (int)length, text);
	}
}

void terminal_clear(void)
{
	if (terminal_is_there())
		fputs("\033[H\033[2J", stdout);
}
