// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz target: the tool's search in the database of PCI ids.
 */
#include "fuzz.h"
#include "host/pci_names.h"

int fuzz_one_input(const __u8 *data, size_t size)
{
	char *names = malloc(size + 1);
	char name[16];

	memcpy(names, data, size);
	names[size] = 0;
	/* Short ids are found more easily. */
	pci_name(names, 0, 1, name, sizeof(name));
	free(names);
	for (const char *c = name; *c; c++)
		FUZZ_CHECK(*c < ' ' || *c > '~' ? "a name is not fit for display" : NULL, "%s",
			   name);
	return 0;
}
