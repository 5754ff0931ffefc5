/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What VFIO programs the IOMMU with.
 */
#ifndef VFIO_H
#define VFIO_H

/*
 * The module that answers at /dev/vfio/vfio: vfio_iommu_type1, or iommufd in kernels that have it
 * in the place of that (IOMMUFD_VFIO_CONTAINER).
 */
const char *vfio_iommu_module(const char *release);

#endif /* VFIO_H */
