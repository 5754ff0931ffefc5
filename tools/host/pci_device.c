// SPDX-License-Identifier: GPL-2.0-only
/*
 * A PCI function as sysfs shows it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/tree.h"
#include "host/pci_device.h"

static __u32 read_id(const char *bdf, const char *attribute)
{
	__u64 id;

	tree_number(&id, PCI_DEVICE_FOLDER "%s/%s", bdf, attribute);
	return id;
}

void pci_bars_parse(struct pci_bar bars[static PCI_BARS], const char *text)
{
	for (int i = 0; i < PCI_BARS; i++) {
		__u64 values[3];

		for (size_t j = 0; j < ARRAY_SIZE(values); j++) {
			text = text_scan(text, 16, &values[j]);
			if (!text)
				return;
		}
		if (values[1] > values[0] && values[1] - values[0] != ~0ull)
			bars[i] =
				(struct pci_bar){ values[0], values[1] - values[0] + 1, values[2] };
	}
}

int pci_device_read(struct pci_device *pci, const char *bdf)
{
	char text[2048];
	__u64 node;

	*pci = (struct pci_device){ .numa_node = -1 };
	if (text_bdf(bdf, pci->bdf))
		return -EINVAL;
	if (!tree_exists(PCI_DEVICE_FOLDER "%s/vendor", pci->bdf))
		return -ENOENT;
	pci->vendor = read_id(pci->bdf, "vendor");
	pci->device = read_id(pci->bdf, "device");
	pci->class = read_id(pci->bdf, "class");
	/* -1 if it belongs to none. */
	if (!tree_number(&node, PCI_DEVICE_FOLDER "%s/numa_node", pci->bdf))
		pci->numa_node = node;
	tree_link_name(pci->driver, sizeof(pci->driver), PCI_DEVICE_FOLDER "%s/driver", pci->bdf);
	tree_link_name(pci->group, sizeof(pci->group), PCI_DEVICE_FOLDER "%s/iommu_group",
		       pci->bdf);
	tree_line(pci->override, sizeof(pci->override), PCI_DEVICE_FOLDER "%s/driver_override",
		  pci->bdf);
	if (!strcmp(pci->override, "(null)"))
		pci->override[0] = 0;
	text_clean_name(pci->override);
	/* The folder is there from 6.1 on; names of such drivers have always been like this. */
	pci->is_vfio = tree_exists(PCI_DEVICE_FOLDER "%s/vfio-dev", pci->bdf) ||
		       !strncmp(pci->driver, "vfio", 4) || strstr(pci->driver, "_vfio_pci");
	if (tree_read(text, sizeof(text), PCI_DEVICE_FOLDER "%s/resource", pci->bdf) >= 0)
		pci_bars_parse(pci->bars, text);
	return 0;
}

int pci_devices_read(struct pci_devices *list, const char *folder)
{
	struct tree_names names;
	int ret = tree_list(&names, "%s", folder);

	*list = (struct pci_devices){};
	for (size_t i = 0; i < names.count; i++) {
		struct pci_device pci;

		if (pci_device_read(&pci, names.names[i]) || strcmp(pci.bdf, names.names[i]))
			continue;
		list->devices = array_resize(list->devices, list->count + 1, sizeof(pci));
		list->devices[list->count++] = pci;
	}
	tree_names_free(&names);
	return ret;
}

void pci_devices_free(struct pci_devices *list)
{
	free(list->devices);
	*list = (struct pci_devices){};
}
