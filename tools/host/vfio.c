// SPDX-License-Identifier: GPL-2.0-only
/*
 * What VFIO programs the IOMMU with, and its devices for that.
 */
#include <errno.h>

#include "base/text.h"
#include "base/tree.h"
#include "host/module.h"
#include "host/pci_device.h"
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

bool vfio_device_name(const char *bdf, char *name, size_t size)
{
	struct tree_names names;
	bool has = false;

	tree_list(&names, PCI_DEVICE_FOLDER "%s/vfio-dev", bdf);
	for (size_t i = 0; i < names.count && !has; i++) {
		has = tree_exists(PCI_DEVICE_FOLDER "%s/vfio-dev/%s/dev", bdf, names.names[i]);
		text_put(name, size, names.names[i]);
	}
	tree_names_free(&names);
	return has;
}
