/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The virtual host seen from the tests: drivers and devices in sysfs, the
 * virtual GPU's control files in debugfs, facts about the kernel.
 *
 * Functions that give an int give 0 or -errno; the others end the test when
 * something fails that has no reason to.
 */
#ifndef ABI_HOST_H
#define ABI_HOST_H

#include "gpu.h"
#include "types.h"

#define DRIVER "nvgrace_gpu_vfio_pci"
#define CORE_DRIVER "vfio-pci"
#define MODULE_FILE "/rig/modules/nvgrace-gpu-vfio-pci.ko"

#define READY_VALUE 0xff

/* The text of a file, without the last newline; -errno. */
int host_read(const char *path, char *text, size_t len);
int host_write(const char *path, const char *text);

/* A file in the PCI device's directory. */
void host_pci_path(char *path, size_t len, const char *bdf, const char *file);
int host_pci_read(const char *bdf, const char *file, char *text, size_t len);
int host_pci_write(const char *bdf, const char *file, const char *text);
bool host_pci_has(const char *bdf, const char *file);

/* The name of the bound driver, "" if none. */
void host_driver(const char *bdf, char *name, size_t len);

/*
 * Binds by driver_override and the driver's bind file: returns when probe is
 * over, with its errno.
 */
int host_bind(const char *bdf, const char *driver);

/* Unbinds from whatever is bound and clears driver_override. */
int host_unbind(const char *bdf);

/* Unbinds, binds, and ends the test if either fails. */
void host_rebind(const char *bdf, const char *driver);

/* Registers are lost, as by a function that comes back by itself: no driver hears of it. */
void host_lose_registers(const char *bdf, u8 express);

/* Memory decode goes off, and nobody knows. */
void host_lose_decode(const char *bdf);

/* Inserts a module, from a file without compression; removes the driver's. */
int host_insert(const char *path);
int host_remove_driver(void);

/* The IOMMU group of the device; -ENOENT: it has none, or is not there. */
int host_group(const char *bdf);

/* The virtual GPU's control files. */
void host_control_set(const char *bdf, const char *file, long value);
long host_control_get(const char *bdf, const char *file);

/* Never ready after the next reset, until host_gpu_set_ready(). */
void host_gpu_never_ready(const struct gpu *gpu);

/* Readiness now: both status registers, whichever kind the GPU has. */
void host_gpu_set_ready(const struct gpu *gpu, bool ready);
bool host_gpu_is_ready(const struct gpu *gpu);

/* Everything back to what the scenario says, GPU ready. */
void host_gpu_restore(const struct gpu *gpu);

/* A number in the driver's folder nvgrace_gpu/. */
long host_gpu_number(const struct gpu *gpu, const char *file);

/* A memory error without hardware; works for memory without struct page. */
int host_memory_error(u64 address);

/* Keeps the kernel's messages from the console: very many are slow. */
void host_quiet(bool quiet);

/* Kernel facts that decide which of two rules applies. */
bool host_maps_on_fault(void);
bool host_has_symbol(const char *name);
size_t host_page_size(void);
size_t host_pmd_size(void);

/* The largest leaf a device mapping can have here: a PMD, or a page. */
size_t host_largest_leaf(void);

#endif
