/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the driver's files share.  Each group of prototypes is headed by the
 * file that has them.
 */
#ifndef NVGRACE_GPU_H
#define NVGRACE_GPU_H

#include <linux/pci.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <linux/vfio.h>
#include <linux/vfio_pci_core.h>
#include <linux/workqueue.h>

#include "compat/compat.h"
#include "fake_bar.h"
#include "memory_split.h"
#include "window.h"

struct nvgrace_gpu;
struct nvgrace_memory_failure;

/**
 * struct nvgrace_region - a part of the GPU memory, as a VFIO region
 * @gpu: the GPU it belongs to
 * @index: VFIO region index, VFIO_PCI_BAR2_REGION_INDEX or _BAR4_
 * @cached: mapped cacheable, else Normal-NC
 * @part: where the memory is; no length: this part does not exist
 * @map_lock: serializes the making of @vaddr
 * @vaddr: kernel mapping of all of @part, made on first use, NULL before
 */
struct nvgrace_region {
	struct nvgrace_gpu *gpu;
	unsigned int index;
	bool cached;
	struct nvgrace_memory_part part;
	struct mutex map_lock;	/* making of vaddr */
	void *vaddr;
};

enum nvgrace_readiness_state {
	NVGRACE_READY,		/* seen ready since the last reset */
	NVGRACE_PENDING,	/* to be checked before the next access */
	NVGRACE_TIMED_OUT,	/* as pending, and found overdue */
	NVGRACE_RESETTING,	/* between reset_prepare and reset_done */
};

/**
 * struct nvgrace_readiness - is the memory usable?
 * @lock: @state changes to and from NVGRACE_RESETTING under it for write; an
 *	access holds it for read while it touches the memory or BAR0.  Nests
 *	inside the core's memory_lock.  Never held across a sleep for hardware.
 * @state: see above; accesses move it between the other three under @lock for read
 * @since: jiffies when the current wait's time-outs began to run
 * @missing: jiffies when it was last seen not to be ready
 * @cxl_dvsec: config offset of the CXL Device DVSEC, 0: readiness is in BAR0
 * @bar0: BAR0 registers, NULL while not mapped
 */
struct nvgrace_readiness {
	struct rw_semaphore lock;
	enum nvgrace_readiness_state state;
	unsigned long since;
	unsigned long missing;
	u16 cxl_dvsec;
	void __iomem *bar0;
};

enum nvgrace_event {
	NVGRACE_MEMORY_LOST,
	NVGRACE_NOT_READY,
};

/**
 * struct nvgrace_watch - what an operator can watch, from bind to unbind
 * @resets: of the function, with those that failed
 * @reset_failures: those
 * @readiness_timeouts: how often the memory was not ready in time
 * @last_ready_ms: how long the memory was seen not to be ready the last time
 * @untold: a bit for each event that nobody was told of yet
 * @tell: tells of them
 */
struct nvgrace_watch {
	atomic_long_t resets;
	atomic_long_t reset_failures;
	atomic_long_t readiness_timeouts;
	unsigned int last_ready_ms;
	unsigned long untold;
	struct work_struct tell;
};

/**
 * struct nvgrace_gpu - a GPU bound to this driver
 * @core: vfio-pci-core's device, first as vfio_alloc_device() wants it
 * @usemem: cached memory, BAR4; without length if firmware describes no memory
 * @resmem: non-cached memory, BAR2; without length on parts with no erratum
 * @mig_erratum: the part needs resmem
 * @decode_lock: one change of the command or of the power state by the user at a time,
 *	and none while the core is asked to write to the MSI-X table
 * @fake_bar_lock: guards the two fake BARs
 * @usemem_bar: BAR4/5 as the user sees it
 * @resmem_bar: BAR2/3 as the user sees it, unused without resmem
 * @readiness: is the memory usable?
 * @watch: what an operator can watch
 * @memory_failure: which pages are lost, where the kernel tells of memory errors
 * @saved_state: config space to go on with after an error
 * @is_open: the core has the device's config space for its user; under memory_lock
 * @reset_locked: a reset under way has taken memory_lock here, not in the core
 * @reset_task: who is in a reset ioctl on this device, and will see its result
 * @reset_mark: bits set in a register that a reset under way will wipe out, 0:
 *	there is none; this, @reset_locked, @reset_mark_pos and @reset_unmarked
 *	belong to whoever holds the device lock for the reset
 * @reset_mark_pos: where the register is in config space
 * @reset_unmarked: what was in it before
 */
struct nvgrace_gpu {
	struct vfio_pci_core_device core;
	struct nvgrace_region usemem;
	struct nvgrace_region resmem;
	bool mig_erratum;
	struct mutex decode_lock;	/* command, PM control register */
	spinlock_t fake_bar_lock;	/* both fake BARs */
	struct nvgrace_fake_bar usemem_bar;
	struct nvgrace_fake_bar resmem_bar;
	struct nvgrace_readiness readiness;
	struct nvgrace_watch watch;
	struct nvgrace_memory_failure *memory_failure;
	struct pci_saved_state *saved_state;
	bool is_open;
	bool reset_locked;
	struct task_struct *reset_task;
	u16 reset_mark;
	u16 reset_mark_pos;
	u16 reset_unmarked;
};

static inline struct nvgrace_gpu *nvgrace_gpu_from_core(struct vfio_device *core_vdev)
{
	return container_of(core_vdev, struct nvgrace_gpu, core.vdev);
}

/* vfio-pci-core wants its own device to be the PCI device's driver data. */
static inline struct nvgrace_gpu *nvgrace_gpu_from_pci(struct pci_dev *pdev)
{
	struct vfio_pci_core_device *core = pci_get_drvdata(pdev);

	return container_of(core, struct nvgrace_gpu, core);
}

/* Does firmware describe memory?  If not, the device is plain vfio-pci-core's. */
static inline bool nvgrace_gpu_has_memory(const struct nvgrace_gpu *gpu)
{
	return gpu->usemem.part.length;
}

/* firmware.c */
int nvgrace_firmware_read(struct pci_dev *pdev, struct nvgrace_memory_split *split,
			  bool *mig_erratum);
void nvgrace_firmware_report(struct pci_dev *pdev, const struct nvgrace_memory_split *split);

/* vfio_device.c */
extern const struct vfio_device_ops nvgrace_memory_ops;
extern const struct vfio_device_ops nvgrace_plain_ops;
void nvgrace_gpu_init_memory(struct nvgrace_gpu *gpu, const struct nvgrace_memory_split *split,
			     bool mig_erratum);

/* config_space.c */
ssize_t nvgrace_config_rw(struct nvgrace_gpu *gpu, char __user *buf, size_t count,
			  loff_t *ppos, bool is_write);
void nvgrace_config_reset(struct nvgrace_gpu *gpu);

/* region.c */
struct nvgrace_region *nvgrace_region_find(struct nvgrace_gpu *gpu, unsigned int index);
int nvgrace_region_info(struct vfio_device *core_vdev, struct vfio_region_info *info,
			struct vfio_info_cap *caps);

/* region_rw.c */
ssize_t nvgrace_region_rw(struct nvgrace_region *region, char __user *buf, size_t count,
			  loff_t *ppos, bool is_write);
void nvgrace_region_unmap(struct nvgrace_region *region);

/* region_mmap.c */
int nvgrace_region_fault_begin(const struct vm_fault *vmf);
vm_fault_t nvgrace_region_fault_wait(struct vm_fault *vmf, unsigned int order);
struct nvgrace_region *nvgrace_region_of(const struct vm_area_struct *vma);
int nvgrace_region_mmap(struct nvgrace_region *region, struct vm_area_struct *vma);

/* fault_around.c */
struct nvgrace_window nvgrace_fault_window(const struct vm_fault *vmf, unsigned int order);
vm_fault_t nvgrace_fault_around(struct vm_fault *vmf, unsigned int order,
				const struct nvgrace_window *window);

#ifdef COMPAT_HAVE_PFN_ADDRESS_SPACE
/* memory_failure.c */
int nvgrace_memory_failure_init(struct nvgrace_gpu *gpu);
int nvgrace_memory_failure_open(struct nvgrace_gpu *gpu);
void nvgrace_memory_failure_close(struct nvgrace_gpu *gpu);
unsigned long nvgrace_memory_failure_good(struct nvgrace_gpu *gpu, unsigned long pfn,
					  unsigned long count);
unsigned int nvgrace_memory_failure_lost(const struct nvgrace_gpu *gpu);
#endif

/* dmabuf.c */
void nvgrace_dmabuf_init(struct nvgrace_gpu *gpu);

/* access.c */
int nvgrace_access_try(struct nvgrace_gpu *gpu, bool wait_for_lock);
int nvgrace_access_begin(struct nvgrace_gpu *gpu);
void nvgrace_access_end(struct nvgrace_gpu *gpu);
void nvgrace_access_drain(struct nvgrace_gpu *gpu);

/* readiness.c */
void nvgrace_readiness_init(struct nvgrace_gpu *gpu);
int nvgrace_readiness_probe(struct nvgrace_gpu *gpu);
int nvgrace_readiness_check(struct nvgrace_gpu *gpu);
int nvgrace_readiness_sleep(unsigned int state);
void nvgrace_readiness_due(struct nvgrace_gpu *gpu);
void nvgrace_readiness_restart(struct nvgrace_gpu *gpu);
const char *nvgrace_readiness_method(const struct nvgrace_gpu *gpu);

/* retry.c */
int nvgrace_retry_start(void);
void nvgrace_retry_inserted(void);
bool nvgrace_retry_can_wait(struct pci_dev *pdev, unsigned long since);
unsigned long nvgrace_retry_since(struct pci_dev *pdev);
int nvgrace_retry_later(struct pci_dev *pdev, unsigned long since);
void nvgrace_retry_over(struct pci_dev *pdev);
void nvgrace_retry_stop(void);

/* decode.c */
int nvgrace_decode_init(struct nvgrace_gpu *gpu);
bool nvgrace_decode_lost_bar0(struct pci_dev *pdev);
bool nvgrace_decode_is_on(struct pci_dev *pdev);
void nvgrace_decode_forget(struct nvgrace_gpu *gpu);
void nvgrace_decode_restore(struct nvgrace_gpu *gpu);
void nvgrace_decode_for_restore(struct nvgrace_gpu *gpu);
void nvgrace_decode_as_user_has_it(struct nvgrace_gpu *gpu);
int nvgrace_decode_enable(struct pci_dev *pdev);
int nvgrace_decode_find_bar0(struct nvgrace_gpu *gpu);
void nvgrace_decode_opened(struct nvgrace_gpu *gpu, bool is_open);
int nvgrace_decode_begin(struct nvgrace_gpu *gpu, bool power_state);
void nvgrace_decode_end(struct nvgrace_gpu *gpu, bool power_state);

/* msix.c */
void nvgrace_msix_init(struct nvgrace_gpu *gpu);
long nvgrace_msix_set_irqs(struct nvgrace_gpu *gpu, unsigned long arg);

/* reset.c */
extern const struct pci_error_handlers nvgrace_err_handlers;
long nvgrace_reset_ioctl(struct nvgrace_gpu *gpu, unsigned int cmd, unsigned long arg);

/* sysfs.c */
extern const struct attribute_group nvgrace_attribute_group;

/* watch.c */
void nvgrace_watch_init(struct nvgrace_gpu *gpu);
void nvgrace_watch_flush(struct nvgrace_gpu *gpu);
void nvgrace_watch_event(struct nvgrace_gpu *gpu, enum nvgrace_event event);
void nvgrace_watch_reset(struct nvgrace_gpu *gpu, bool done);

#endif /* NVGRACE_GPU_H */
