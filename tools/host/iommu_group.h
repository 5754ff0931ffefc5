/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IOMMU groups: what has to be given to a guest together.
 */
#ifndef IOMMU_GROUP_H
#define IOMMU_GROUP_H

#include "host/pci_device.h"

/* Members of a function's group, itself among them; none if it is in no group. */
int iommu_group_read(struct pci_devices *members, const struct pci_device *pci);

/* Whether VFIO gives away the group while this function in it is as it is. */
bool iommu_group_lets(const struct pci_device *member);

#endif /* IOMMU_GROUP_H */
