/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Older kernels made to look like the newest.  Each block is for kernels that
 * lack one feature of features.c; included from nvgrace_gpu.h alone.
 */
#ifndef NVGRACE_COMPAT_H
#define NVGRACE_COMPAT_H

#ifndef COMPAT_PROBED
#error "Kbuild.include has not asked what this kernel can do"
#endif

#include <linux/mm.h>
#include <linux/vfio_pci_core.h>

struct nvgrace_gpu;
struct nvgrace_region;

/*
 * Op tables: members that not every kernel has.
 */
#ifdef COMPAT_HAVE_GET_REGION_INFO_CAPS
#define COMPAT_GET_REGION_INFO_CAPS(fn)	.get_region_info_caps = fn,
#else
/* region_info.c has this ioctl call the hook, as newer cores do. */
#define COMPAT_GET_REGION_INFO_CAPS(fn)
#define vfio_pci_core_ioctl compat_vfio_pci_core_ioctl
long compat_vfio_pci_core_ioctl(struct vfio_device *core_vdev, unsigned int cmd,
				unsigned long arg);
int compat_vfio_pci_ioctl_get_region_info(struct vfio_device *core_vdev,
					  struct vfio_region_info *info,
					  struct vfio_info_cap *caps);
#define vfio_pci_ioctl_get_region_info compat_vfio_pci_ioctl_get_region_info
#endif

#ifdef COMPAT_HAVE_MATCH_TOKEN_UUID
#define COMPAT_MATCH_TOKEN_UUID		.match_token_uuid = vfio_pci_core_match_token_uuid,
#else
#define COMPAT_MATCH_TOKEN_UUID
#endif

#ifdef COMPAT_HAVE_IOMMUFD_DETACH
#define COMPAT_IOMMUFD_DETACH		.detach_ioas = vfio_iommufd_physical_detach_ioas,
#else
#define COMPAT_IOMMUFD_DETACH
#endif

#ifdef COMPAT_HAVE_IOMMUFD_PASID
#define COMPAT_IOMMUFD_PASID \
	.pasid_attach_ioas	= vfio_iommufd_physical_pasid_attach_ioas, \
	.pasid_detach_ioas	= vfio_iommufd_physical_pasid_detach_ioas,
#else
#define COMPAT_IOMMUFD_PASID
#endif

#ifdef COMPAT_HAVE_IOMMUFD_OPS
#define COMPAT_IOMMUFD_OPS \
	.bind_iommufd		= vfio_iommufd_physical_bind, \
	.unbind_iommufd		= vfio_iommufd_physical_unbind, \
	.attach_ioas		= vfio_iommufd_physical_attach_ioas, \
	COMPAT_IOMMUFD_DETACH \
	COMPAT_IOMMUFD_PASID
#else
#define COMPAT_IOMMUFD_OPS
#endif

/* In an iommufd, and not in an I/O address space.  Holds dev_set->lock. */
static inline bool compat_is_detached(const struct vfio_device *vdev)
{
#ifdef COMPAT_HAVE_IOMMUFD_ATTACHED
	return vdev->iommufd_device && !vdev->iommufd_attached;
#else
	return false;
#endif
}

#ifdef COMPAT_HAVE_DMA_BUF_PHYS_VEC
#define phys_vec dma_buf_phys_vec
#endif

#ifndef COMPAT_HAVE_VFIO_PCI_OPS
static inline void nvgrace_dmabuf_init(struct nvgrace_gpu *gpu)
{
}
#endif

#ifndef COMPAT_HAVE_PFN_ADDRESS_SPACE
static inline int nvgrace_memory_failure_init(struct nvgrace_gpu *gpu)
{
	return 0;
}

static inline int nvgrace_memory_failure_open(struct nvgrace_gpu *gpu)
{
	return 0;
}

static inline void nvgrace_memory_failure_close(struct nvgrace_gpu *gpu)
{
}

static inline unsigned long nvgrace_memory_failure_good(struct nvgrace_gpu *gpu, unsigned long pfn,
							unsigned long count)
{
	return count;
}

static inline unsigned int nvgrace_memory_failure_lost(const struct nvgrace_gpu *gpu)
{
	return 0;
}
#endif

/*
 * BAR mappings.
 */
#if !defined(COMPAT_HAVE_VFIO_PCI_GET_IOMAP) && !defined(COMPAT_HAVE_VFIO_PCI_SETUP_BARMAP)
static inline int vfio_pci_core_setup_barmap(struct vfio_pci_core_device *core, int bar)
{
	int ret;

	if (core->barmap[bar])
		return 0;

	ret = pci_request_selected_regions(core->pdev, BIT(bar), "vfio");
	if (ret)
		return ret;

	/* The core unmaps and releases what it finds here. */
	core->barmap[bar] = pci_iomap(core->pdev, bar, 0);
	if (!core->barmap[bar]) {
		pci_release_selected_regions(core->pdev, BIT(bar));
		return -ENOMEM;
	}

	return 0;
}
#endif

#ifndef COMPAT_HAVE_VFIO_PCI_GET_IOMAP
static inline void __iomem *vfio_pci_core_get_iomap(struct vfio_pci_core_device *core,
						    unsigned int bar)
{
	int ret = vfio_pci_core_setup_barmap(core, bar);

	return ret ? IOMEM_ERR_PTR(ret) : core->barmap[bar];
}
#endif

/*
 * Memory management.
 */
#ifndef COMPAT_HAVE_VM_FLAGS_SET
static inline void vm_flags_set(struct vm_area_struct *vma, unsigned long flags)
{
	vma->vm_flags |= flags;
}
#endif

#ifndef COMPAT_HAVE_VM_ALLOW_ANY_UNCACHED
#define VM_ALLOW_ANY_UNCACHED	VM_NONE
#endif

#ifndef COMPAT_HAVE_RELEASE_FAULT_LOCK
static inline void release_fault_lock(struct vm_fault *vmf)
{
	mmap_read_unlock(vmf->vma->vm_mm);
}
#endif

#ifdef COMPAT_HAVE_PFNMAP_PFN_T
#include <linux/pfn_t.h>
#define vmf_insert_pfn_pmd(vmf, pfn, write) \
	vmf_insert_pfn_pmd(vmf, __pfn_to_pfn_t(pfn, PFN_DEV), write)
#define vmf_insert_pfn_pud(vmf, pfn, write) \
	vmf_insert_pfn_pud(vmf, __pfn_to_pfn_t(pfn, PFN_DEV), write)
#endif

/*
 * Locks.  A bus reset takes those of all functions on the bus, in their order.
 */
static inline void compat_down_write_memory(struct vfio_pci_core_device *core)
{
	down_write_nested(&core->memory_lock, PCI_FUNC(core->pdev->devfn));
}

/* Whether this task holds it for write.  No other task can make it so, or undo it. */
static inline bool compat_rwsem_is_mine(struct rw_semaphore *sem)
{
#ifdef CONFIG_PREEMPT_RT
	return ((unsigned long)READ_ONCE(sem->rwbase.rtmutex.owner) & ~1UL) ==
	       (unsigned long)current;
#else
	return atomic_long_read(&sem->owner) == (long)current;
#endif
}

#ifdef COMPAT_HAVE_VFIO_PCI_VMA_LIST
/* vma_list.c: mapped at mmap time, zapped by the core's list. */
int compat_mmap_populate(struct nvgrace_region *region, struct vm_area_struct *vma, u64 start);
void compat_zap_and_lock_memory(struct vfio_pci_core_device *core);

/* The pfn a mapping begins with: vm_pgoff was an offset in the device's file only at first. */
static inline unsigned long compat_first_pfn(const struct vm_area_struct *vma, unsigned long pfn)
{
	return vma->vm_pgoff;
}
#else
static inline int compat_mmap_populate(struct nvgrace_region *region,
				       struct vm_area_struct *vma, u64 start)
{
	return 0;
}

/* memory_lock for write, and no BAR is mapped any more. */
static inline void compat_zap_and_lock_memory(struct vfio_pci_core_device *core)
{
	compat_down_write_memory(core);
	unmap_mapping_range(core->vdev.inode->i_mapping,
			    VFIO_PCI_INDEX_TO_OFFSET(VFIO_PCI_BAR0_REGION_INDEX),
			    VFIO_PCI_INDEX_TO_OFFSET(VFIO_PCI_ROM_REGION_INDEX), true);
}

static inline unsigned long compat_first_pfn(const struct vm_area_struct *vma, unsigned long pfn)
{
	return pfn;
}
#endif

/*
 * Power: a bitfield in many kernels, of which READ_ONCE() cannot be taken.
 */
static inline bool compat_pm_runtime_engaged(const struct vfio_pci_core_device *core)
{
	/* Who sets it just now makes a check due, too: see nvgrace_device_feature(). */
	return data_race((bool)core->pm_runtime_engaged);
}

#endif /* NVGRACE_COMPAT_H */
