// SPDX-License-Identifier: GPL-2.0-only
/*
 * What VFIO programs the IOMMU with.
 */
#include <errno.h>

#include "host/module.h"
#include "host/vfio.h"

#define TYPE1 "vfio_iommu_type1"
#define IOMMUFD "iommufd"

/* A kernel without containers of VFIO's own has no type1, whatever else its configuration says. */
const char *vfio_iommu_module(const char *release)
{
	struct module module;

	if (module_is_loaded(TYPE1) || module_find(&module, release, TYPE1) != -ENOENT)
		return TYPE1;
	if (module_is_loaded(IOMMUFD) || !module_find(&module, release, IOMMUFD))
		return IOMMUFD;
	return TYPE1;
}
