// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel that boots next.
 */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"
#include "base/tree.h"
#include "host/next_kernel.h"

static bool read_field(char *value, size_t size, const char *file, const char *name)
{
	char *text;
	bool found;

	found = tree_read_all(&text, 1 << 16, "%s", file) > 0 &&
		text_field(text, name, value, size);
	free(text);
	return found;
}

/*
 * What is the default, in words that have the kernel's release in them: GRUB's own default
 * (GRUB_DEFAULT), the entry that it has saved, which grubby sets, or an entry of systemd-boot.
 */
static void read_default(char *entry, size_t size)
{
	static const char * const places[][2] = {
		{ "/boot/grub2/grubenv", "saved_entry=" },
		{ "/boot/grub/grubenv", "saved_entry=" },
	};

	entry[0] = 0;
	if (!read_field(entry, size, "/etc/default/grub", "GRUB_DEFAULT=")) {
		if (!read_field(entry, size, "/boot/loader/loader.conf", "default"))
			read_field(entry, size, "/efi/loader/loader.conf", "default");
		return;
	}
	if (!strstr(entry, "saved"))
		return;
	entry[0] = 0;
	for (size_t i = 0; i < ARRAY_SIZE(places) && !entry[0]; i++)
		read_field(entry, size, places[i][0], places[i][1]);
}

/* Kernels have a folder of modules; what a removed one leaves behind does not count. */
char *next_kernel(void)
{
	const char *newest = NULL, *named = NULL;
	struct tree_names names;
	char entry[256];
	char *next;

	read_default(entry, sizeof(entry));
	tree_list(&names, "/lib/modules");
	for (size_t i = 0; i < names.count; i++) {
		const char *name = names.names[i];

		if (!tree_exists("/lib/modules/%s/kernel", name))
			continue;
		if (!newest || strverscmp(name, newest) > 0)
			newest = name;
		/* One release may be the start of another: the longest is meant. */
		if (strstr(entry, name) && (!named || strlen(name) > strlen(named)))
			named = name;
	}
	if (!named)
		named = newest;
	next = named ? text_copy(named) : NULL;
	tree_names_free(&names);
	return next;
}
