// SPDX-License-Identifier: GPL-2.0-only
/*
 * depmod's lists, as text: libkmod's search of the binary ones does not end where they are
 * damaged.
 */
#include <string.h>

#include "host/module_list.h"

/* A dash and an underscore are the same in the name of a module. */
static bool is_named(const char *file, size_t length, const char *name)
{
	size_t i;

	for (i = 0; i < length && name[i]; i++) {
		if (file[i] != name[i] &&
		    !((file[i] == '-' || file[i] == '_') && (name[i] == '-' || name[i] == '_')))
			return false;
	}
	/* Behind the name, .ko and maybe how it is compressed. */
	return !name[i] && length - i >= 3 && !strncmp(file + i, ".ko", 3) &&
	       (length - i == 3 || file[i + 3] == '.');
}

bool module_list_find(const char *list, const char *name, char *path, size_t size)
{
	while (*list) {
		size_t length = strcspn(list, ":\n");
		size_t file = length;

		while (file && list[file - 1] != '/')
			file--;
		if (length < size && is_named(list + file, length - file, name)) {
			memcpy(path, list, length);
			path[length] = 0;
			return true;
		}
		list += strcspn(list, "\n");
		list += *list == '\n';
	}
	return false;
}
