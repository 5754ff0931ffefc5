// SPDX-License-Identifier: GPL-2.0-only
/*
 * The command line of the kernel that runs.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/tree.h"
#include "host/command_line.h"

/* As the kernel compares names of modules and parameters, and hexadecimal digits. */
static bool same(const char *text, size_t length, const char *other)
{
	if (length != strlen(other))
		return false;
	for (size_t i = 0; i < length; i++) {
		char a = text[i] == '-' ? '_' : tolower((unsigned char)text[i]);
		char b = other[i] == '-' ? '_' : tolower((unsigned char)other[i]);

		if (a != b)
			return false;
	}
	return true;
}

/* Nothing that a shell or sed knows is left; a dot of sed is a dot, too. */
static void clean(char *word)
{
	for (; *word; word++) {
		if (!isalnum((unsigned char)*word) && !strchr("._+-=:,", *word))
			*word = '?';
	}
}

/* Puts the word together again, but for the value: whether that is in it. */
static bool leave_out(struct command_line_word *found, const char *word, const char *value)
{
	size_t before = strcspn(word, "=") + 1;
	const char *values = word + before;
	bool is_in = false;
	char *rest;

	rest = text_format("%.*s", (int)before, word);
	for (size_t length; *values; values += length + (values[length] == ',')) {
		char *more;

		length = strcspn(values, ",");
		if (same(values, length, value)) {
			is_in = true;
			continue;
		}
		more = text_format("%s%s%.*s", rest, rest[before] ? "," : "", (int)length,
				   values);
		free(rest);
		rest = more;
	}
	text_put(found->text, sizeof(found->text), word);
	text_put(found->without, sizeof(found->without), rest[before] ? rest : "");
	clean(found->text);
	clean(found->without);
	free(rest);
	return is_in;
}

bool command_line_find(struct command_line_word *word, const char *name, const char *value)
{
	bool found = false;
	char *line, *rest, *next;

	tree_read_all(&line, 1 << 16, "/proc/cmdline");
	rest = line;
	while (!found && (next = strsep(&rest, "\n "))) {
		size_t length = strcspn(next, "=");

		found = next[length] && same(next, length, name) && leave_out(word, next, value);
	}
	free(line);
	return found;
}
