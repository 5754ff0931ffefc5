/* SPDX-License-Identifier: GPL-2.0-only */
/* BAR0, which is not one of the driver's: is it within reach? */
#ifndef ABI_BAR0_H
#define ABI_BAR0_H

#include "vfio.h"

#define BAR0 VFIO_PCI_BAR0_REGION_INDEX

/* Not one of the registers that tell readiness; plain memory in the virtual GPU. */
#define BAR0_SCRATCH 0x2000

/* The beginning of it, mapped, and read once. */
char *bar0_map(const struct vfio *dev);

/* By read() and by the mapping. */
void bar0_check_works(const struct vfio *dev, const char *map);

/* By read(), write() and loads and stores of the mapping. */
void bar0_check_refused(const struct vfio *dev, char *map);

#endif
