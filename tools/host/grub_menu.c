// SPDX-License-Identifier: GPL-2.0-only
/*
 * GRUB's menu, as grub-mkconfig(8) writes it: a command a line, blocks that end with "}".
 */
#include <string.h>

#include "base/array.h"
#include "base/text.h"
#include "host/grub_menu.h"

/* The next line, without white space around it: whether there is one. */
static bool next_line(const char **position, char *line, size_t size)
{
	const char *start = *position, *end;

	if (!*start)
		return false;
	start += strspn(start, " \t");
	end = start + strcspn(start, "\n");
	*position = *end ? end + 1 : end;
	while (end > start && strchr(" \t\r", end[-1]))
		end--;
	if ((size_t)(end - start) >= size)
		end = start + size - 1;
	memcpy(line, start, end - start);
	line[end - start] = 0;
	return true;
}

/* What follows a word that a line begins with, or NULL. */
static const char *after_word(const char *line, const char *word)
{
	size_t length = strlen(word);

	if (strncmp(line, word, length) || (line[length] && !strchr(" \t", line[length])))
		return NULL;
	return line + length + strspn(line + length, " \t");
}

static bool ends_with(const char *line, const char *end)
{
	size_t length = strlen(line), size = strlen(end);

	return length >= size && !strcmp(line + length - size, end);
}

/* A word as a shell reads it, if it is quoted as a whole or not at all. */
static void read_word(const char *text, char *word, size_t size)
{
	const char *end;
	size_t length;

	if (*text == '\'' || *text == '"') {
		end = strchr(text + 1, *text);
		text++;
	} else {
		end = text + strcspn(text, " \t");
	}
	length = end ? (size_t)(end - text) : 0;
	if (length >= size)
		length = 0;
	memcpy(word, text, length);
	word[length] = 0;
}

void grub_menu_default(const char *menu, char *entry, size_t size)
{
	char line[512], value[256];

	text_put(entry, size, "0");
	while (next_line(&menu, line, sizeof(line))) {
		const char *set = after_word(line, "set");

		if (!set || strncmp(set, "default=", strlen("default=")))
			continue;
		read_word(set + strlen("default="), value, sizeof(value));
		if (strcmp(value, "${next_entry}"))
			text_put(entry, size, value);
	}
}

bool grub_menu_is_bls(const char *menu)
{
	char line[512];

	while (next_line(&menu, line, sizeof(line))) {
		if (after_word(line, "blscfg"))
			return true;
	}
	return false;
}

/* To behind the end of the block that the last line has begun. */
static void skip_block(const char **position)
{
	char line[512];
	int depth = 1;

	while (depth && next_line(position, line, sizeof(line))) {
		if (ends_with(line, "{"))
			depth++;
		else if (!strcmp(line, "}"))
			depth--;
	}
}

/* Whether an entry has this title or id. */
static bool has_name(const char *title, const char *wanted)
{
	static const char * const options[] = { "$menuentry_id_option ", "--id " };
	char name[256];

	read_word(title, name, sizeof(name));
	if (!strcmp(name, wanted))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		const char *id = strstr(title, options[i]);

		if (!id)
			continue;
		read_word(id + strlen(options[i]), name, sizeof(name));
		if (!strcmp(name, wanted))
			return true;
	}
	return false;
}

/* Whether a line leads into another file, or asks a question; how deep in questions it is then. */
static bool is_unsure(const char *line, int *depth)
{
	static const char * const files[] = { "source", ".", "configfile", "blscfg" };
	bool unsure = false;

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		unsure |= !!after_word(line, files[i]);
	if (after_word(line, "if") || after_word(line, "for") || after_word(line, "while") ||
	    after_word(line, "until"))
		++*depth;
	if (ends_with(line, "fi") && (line[2] == 0 || ends_with(line, " fi")))
		--*depth;
	else if (ends_with(line, "done") && (line[4] == 0 || ends_with(line, " done")))
		--*depth;
	return unsure;
}

/*
 * Goes into an entry of the menu, or submenu, that the position is in.  What is there only
 * sometimes has no number, nor has what follows it.
 */
static bool enter(const char **position, const char *wanted, bool *is_submenu)
{
	bool is_number, unsure = false;
	__u64 number = 0, count = 0;
	char line[512];
	int depth = 0;

	is_number = !text_number(wanted, &number);
	while (next_line(position, line, sizeof(line))) {
		const char *title = after_word(line, "menuentry");

		*is_submenu = !title;
		title = title ?: after_word(line, "submenu");
		if (!title) {
			if (!strcmp(line, "}"))
				return false;
			unsure |= is_unsure(line, &depth);
			if (ends_with(line, "{"))
				skip_block(position);
			continue;
		}
		unsure |= depth > 0;
		if (is_number ? count == number : has_name(title, wanted))
			return !(depth > 0 || (is_number && unsure)) && ends_with(line, "{");
		count++;
		if (ends_with(line, "{"))
			skip_block(position);
	}
	return false;
}

/* "linux /boot/vmlinuz-6.18.0-arm64 root=...": whether the entry that is entered has it. */
static bool read_release(const char *position, char *release, size_t size)
{
	static const char * const commands[] = { "linux", "linuxefi", "linux16" };
	char line[512], path[256];

	while (next_line(&position, line, sizeof(line)) && strcmp(line, "}")) {
		const char *start = NULL;

		for (size_t i = 0; i < ARRAY_SIZE(commands) && !start; i++)
			start = after_word(line, commands[i]);
		if (!start)
			continue;
		read_word(start, path, sizeof(path));
		start = strrchr(path, '/');
		start = strchr(start ?: path, '-');
		text_put(release, size, start ? start + 1 : "");
		return start;
	}
	return false;
}

bool grub_menu_release(const char *menu, const char *entry, char *release, size_t size)
{
	bool is_submenu = true;
	char wanted[256];

	while (is_submenu) {
		size_t length = strcspn(entry, ">");

		if (!length || length >= sizeof(wanted))
			return false;
		memcpy(wanted, entry, length);
		wanted[length] = 0;
		entry += length + (entry[length] == '>');
		if (!enter(&menu, wanted, &is_submenu))
			return false;
	}
	return !*entry && read_release(menu, release, size);
}
