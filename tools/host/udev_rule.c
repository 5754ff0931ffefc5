// SPDX-License-Identifier: GPL-2.0-only
/*
 * The package's udev rule.  Of files with the same name udev reads one.
 */
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/tree.h"
#include "host/gpu.h"
#include "host/udev_rule.h"

#define NAME "65-" GPU_MODULE ".rules"

/* It may be a link to nothing that is in a recorded tree. */
static bool is_in(const char *folder)
{
	struct tree_names names;
	bool found = false;

	tree_list(&names, "%s", folder);
	for (size_t i = 0; i < names.count && !found; i++)
		found = !strcmp(names.names[i], NAME);
	tree_names_free(&names);
	return found;
}

bool udev_rule_is_there(void)
{
	return tree_exists("/usr/lib/udev/rules.d/" NAME);
}

bool udev_rule_is_masked(char path[UDEV_RULE_PATH_SIZE])
{
	static const char * const folders[] = {
		"/etc/udev/rules.d", "/run/udev/rules.d", "/usr/local/lib/udev/rules.d",
	};

	for (size_t i = 0; i < ARRAY_SIZE(folders) && udev_rule_is_there(); i++) {
		if (!is_in(folders[i]))
			continue;
		snprintf(path, UDEV_RULE_PATH_SIZE, "%s/%s", folders[i], NAME);
		return true;
	}
	return false;
}
