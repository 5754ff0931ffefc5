// SPDX-License-Identifier: GPL-2.0-only
/*
 * modprobe's configuration.  libkmod knows what it says, but not in which file.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"
#include "base/tree.h"
#include "host/modprobe.h"

#define FILE_MAX_BYTES 0x100000

/* A dash and an underscore are the same in the name of a module. */
static bool same_module(const char *word, size_t length, const char *module)
{
	if (length != strlen(module))
		return false;
	for (size_t i = 0; i < length; i++) {
		if (word[i] != module[i] && !(strchr("-_", word[i]) && strchr("-_", module[i])))
			return false;
	}
	return true;
}

/* By hand: what glibc of today has for sscanf() in C23 is missing in that of RHEL 9. */
static bool is_about(const char *text, const char *command, const char *module)
{
	static const char white[] = " \t\r\f\v";
	size_t length;

	text += strspn(text, white);
	length = strcspn(text, white);
	if (length != strlen(command) || memcmp(text, command, length))
		return false;
	text += length;
	text += strspn(text, white);
	return same_module(text, strcspn(text, white), module);
}

static bool find_in(struct modprobe_line *line, char *content, const char *command,
		    const char *module, const char *part)
{
	char *text;

	line->number = 0;
	while ((text = strsep(&content, "\n"))) {
		line->number++;
		if (!is_about(text, command, module) || !strcasestr(text, part))
			continue;
		text_put(line->text, sizeof(line->text), text);
		text_clean(line->text);
		return true;
	}
	return false;
}

static bool find_in_folder(struct modprobe_line *line, const char *folder, const char *command,
			   const char *module, const char *part)
{
	struct tree_names names;
	bool found = false;

	tree_list(&names, "%s", folder);
	for (size_t i = 0; i < names.count && !found; i++) {
		const char *suffix = strrchr(names.names[i], '.');
		char *content;

		if (!suffix || strcmp(suffix, ".conf"))
			continue;
		if (tree_read_all(&content, FILE_MAX_BYTES, "%s/%s", folder, names.names[i]) > 0)
			found = find_in(line, content, command, module, part);
		free(content);
		text_clean_name(names.names[i]);
		snprintf(line->file, sizeof(line->file), "%s/%.64s", folder, names.names[i]);
	}
	tree_names_free(&names);
	return found;
}

bool modprobe_find_part(struct modprobe_line *line, const char *command, const char *module,
			const char *part)
{
	static const char * const folders[] = {
		"/etc/modprobe.d", "/run/modprobe.d", "/usr/local/lib/modprobe.d",
		"/usr/lib/modprobe.d", "/lib/modprobe.d",
	};

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		if (find_in_folder(line, folders[i], command, module, part))
			return true;
	}
	return false;
}

bool modprobe_find(struct modprobe_line *line, const char *command, const char *module)
{
	return modprobe_find_part(line, command, module, "");
}
