// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz target: the tool's search in depmod's lists.
 */
#include "fuzz.h"
#include "host/module_list.h"

int fuzz_one_input(const __u8 *data, size_t size)
{
	char *list = malloc(size + 1);
	char path[16] = "";
	bool found;

	memcpy(list, data, size);
	list[size] = 0;
	found = module_list_find(list, "a_b", path, sizeof(path));
	FUZZ_CHECK(found && !strstr(list, path) ? "a path is not in the list" : NULL, "%s", path);
	FUZZ_CHECK(found && !strstr(path, "a_b.ko") && !strstr(path, "a-b.ko") ?
			   "another module's path" : NULL, "%s", path);
	free(list);
	return 0;
}
