// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names of PCI functions, from the database of PCI ids: lines of "VENDOR  NAME", behind
 * each "\tDEVICE  NAME" for what it makes; see pci.ids(5).  It is read here, for libpci
 * waits for what is no regular file, and ends the program at a line it does not know.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"
#include "base/tree.h"
#include "host/pci_names.h"

/* Some 1.5 MiB in 2026. */
#define DATABASE_MAX (16 << 20)

char *pci_names_read(void)
{
	/* What update-pciids has fetched; Debian's; that of Fedora, RHEL and SUSE; others'. */
	static const char * const paths[] = {
		"/var/lib/pciutils/pci.ids", "/usr/share/misc/pci.ids",
		"/usr/share/hwdata/pci.ids", "/usr/share/pci.ids",
	};

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		char *names;

		if (tree_read_all(&names, DATABASE_MAX, "%s", paths[i]) > 0)
			return names;
		free(names);
	}
	return text_copy("");
}

/* "ID  NAME": the name, or NULL if it is another id's. */
static const char *name_behind(const char *line, __u32 id)
{
	char digits[8];

	snprintf(digits, sizeof(digits), "%04x  ", id & 0xffff);
	return strncmp(line, digits, 6) ? NULL : line + 6;
}

static const char *next_line(const char *line)
{
	line = strchr(line, '\n');
	return line ? line + 1 : NULL;
}

static int length(const char *name)
{
	size_t length = strcspn(name, "\n");

	return length < 128 ? length : 128;
}

const char *pci_name(const char *names, __u32 vendor, __u32 device, char *buffer, size_t size)
{
	const char *line = names;
	const char *maker, *name = NULL;

	while (line && !(maker = name_behind(line, vendor)))
		line = next_line(line);
	if (!line) {
		snprintf(buffer, size, "Device %04x:%04x", vendor, device);
		return buffer;
	}
	/* Until the next vendor; comments may be anywhere. */
	for (line = next_line(line); line && strchr("\t#\n", *line) && *line && !name;
	     line = next_line(line)) {
		if (*line == '\t')
			name = name_behind(line + 1, device);
	}
	if (name)
		snprintf(buffer, size, "%.*s %.*s", length(maker), maker, length(name), name);
	else
		snprintf(buffer, size, "%.*s Device %04x", length(maker), maker, device);
	text_clean(buffer);
	return buffer;
}
