// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names of PCI functions: libpci reads the database of PCI ids.
 */
#include <stdio.h>

#include <pci/pci.h>

#include "base/tree.h"
#include "host/pci_device.h"

struct pci_access *pci_names_open(void)
{
	struct pci_access *names = pci_alloc();
	char path[TREE_PATH_SIZE];

	/* The database only: no network, and no udev, which is not in a recorded tree. */
	pci_set_param(names, "hwdb.disable", "1");
	names->id_lookup_mode = PCI_LOOKUP_CACHE;
	if (!tree_is_live()) {
		snprintf(path, sizeof(path), "%s/usr/share/misc/pci.ids", tree_folder());
		pci_set_name_list_path(names, text_copy(path), 1);
	}
	return names;
}

const char *pci_name(struct pci_access *names, const struct pci_device *pci, char *buffer,
		     size_t size)
{
	char *name = pci_lookup_name(names, buffer, size, PCI_LOOKUP_VENDOR | PCI_LOOKUP_DEVICE,
				     pci->vendor, pci->device);

	if (name != buffer)
		snprintf(buffer, size, "%04x:%04x", pci->vendor, pci->device);
	text_clean(buffer);
	return buffer;
}

void pci_names_close(struct pci_access *names)
{
	pci_free_name_list(names);
	pci_cleanup(names);
}
