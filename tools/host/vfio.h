/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What VFIO programs the IOMMU with, and its devices for that.
 */
#ifndef VFIO_H
#define VFIO_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The module that answers at /dev/vfio/vfio: vfio_iommu_type1, or iommufd in kernels that have it
 * in the place of that (IOMMUFD_VFIO_CONTAINER).
 */
const char *vfio_iommu_module(const char *release);

/*
 * The name of a PCI function's file in /dev/vfio/devices, which iommufd is used with; false if it
 * has none.  A bound one has it or not.
 */
bool vfio_device_name(const char *bdf, char *name, size_t size);

#endif /* VFIO_H */
