// SPDX-License-Identifier: GPL-2.0-only
/*
 * The driver as one compilation unit.  Nearly all of the time that a file of it
 * takes to compile goes into the kernel's headers, which are read once this way.
 */

/* Instances of the tracepoints, before anyone else asks for their declarations. */
#define CREATE_TRACE_POINTS
#include "trace.h"
#undef CREATE_TRACE_POINTS

#include "pci_driver.c"
#include "firmware.c"
#include "vfio_device.c"
#include "config_space.c"
#include "region.c"
#include "region_rw.c"
#include "region_mmap.c"
#include "fault_around.c"
#include "access.c"
#include "readiness.c"
#include "retry.c"
#include "decode.c"
#include "msix.c"
#include "reset.c"
#include "sysfs.c"
#include "watch.c"

#include "memory_split.c"
#include "fake_bar.c"
#include "range.c"
#include "window.c"

#ifdef COMPAT_HAVE_VFIO_PCI_OPS
#include "dmabuf.c"
#endif
#ifdef COMPAT_HAVE_PFN_ADDRESS_SPACE
#include "memory_failure.c"
#include "poison.c"
#endif

/* What stands in for something that the kernel lacks; calls of the core are its own in there. */
#ifdef COMPAT_HAVE_VFIO_PCI_VMA_LIST
#include "compat/vma_list.c"
#endif
#ifndef COMPAT_HAVE_GET_REGION_INFO_CAPS
#include "compat/region_info.c"
#endif
