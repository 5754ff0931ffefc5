// SPDX-License-Identifier: GPL-2.0-only
/*
 * IOMMU groups.
 */
#include <stdio.h>
#include <string.h>

#include "base/tree.h"
#include "host/iommu_group.h"

int iommu_group_read(struct pci_devices *members, const struct pci_device *pci)
{
	char folder[TREE_PATH_SIZE];

	*members = (struct pci_devices){};
	if (!pci->group[0])
		return 0;
	snprintf(folder, sizeof(folder), "/sys/kernel/iommu_groups/%s/devices", pci->group);
	return pci_devices_read(members, folder);
}

/* Without a driver, with one of VFIO's, or with one that does no DMA of its own. */
bool iommu_group_lets(const struct pci_device *member)
{
	return !member->driver[0] || member->is_vfio || !strcmp(member->driver, "pci-stub") ||
	       !strcmp(member->driver, "pcieport");
}
