// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mappings on kernels whose core zaps what is on its vma_list, and forgets it
 * then: no huge pfnmap, and no inode of the device's own.
 *
 * A mapping that may have entries in its page tables is on the list.  mmap() maps
 * all of it, and vm_pgoff is its first pfn, from which KVM computes whether
 * stage 2 can use blocks.  What a reset takes away comes back by faults.
 */
#include <linux/sched/mm.h>
#include <linux/sizes.h>

#include "../nvgrace_gpu.h"
#include "../trace.h"

/* Entry of vma_list, which the core frees; its own definition is private. */
struct vfio_pci_mmap_vma {
	struct vm_area_struct *vma;
	struct list_head vma_next;
};

static struct vfio_pci_core_device *core_of(struct vm_area_struct *vma)
{
	struct nvgrace_region *region = vma->vm_private_data;

	return &region->gpu->core;
}

static const struct vm_operations_struct compat_vm_ops;

/* All below with vma_lock held, unless they say something else. */

/* The list has the core's mappings of other BARs, too. */
static bool is_ours(const struct vfio_pci_mmap_vma *entry)
{
	return entry->vma->vm_ops == &compat_vm_ops;
}

static bool has_ours(struct vfio_pci_core_device *core)
{
	struct vfio_pci_mmap_vma *entry;

	list_for_each_entry(entry, &core->vma_list, vma_next) {
		if (is_ours(entry))
			return true;
	}

	return false;
}

static struct vfio_pci_mmap_vma *find(struct vm_area_struct *vma)
{
	struct vfio_pci_mmap_vma *entry;

	list_for_each_entry(entry, &core_of(vma)->vma_list, vma_next) {
		if (entry->vma == vma)
			return entry;
	}

	return NULL;
}

/* The next reset zaps the mapping.  Takes *@new, unless it is on the list already. */
static void track(struct vm_area_struct *vma, struct vfio_pci_mmap_vma **new)
{
	if (find(vma))
		return;
	(*new)->vma = vma;
	list_add(&(*new)->vma_next, &core_of(vma)->vma_list);
	*new = NULL;
}

static void forget(struct vm_area_struct *vma)
{
	struct vfio_pci_mmap_vma *entry = find(vma);

	if (!entry)
		return;
	list_del(&entry->vma_next);
	kfree(entry);
}

/* Before vma_lock is taken. */
static struct vfio_pci_mmap_vma *new_entry(gfp_t flags)
{
	return kmalloc(sizeof(struct vfio_pci_mmap_vma), GFP_KERNEL_ACCOUNT | flags);
}

static void zap(struct vm_area_struct *vma)
{
	zap_vma_ptes(vma, vma->vm_start, vma->vm_end - vma->vm_start);
}

/* In steps, for 94 GiB in 4 KiB pages are half a second without preemption. */
static int remap(struct vm_area_struct *vma)
{
	unsigned long addr, size;
	int ret;

	for (addr = vma->vm_start; addr < vma->vm_end; addr += size) {
		size = min_t(unsigned long, vma->vm_end - addr, SZ_1G);
		ret = remap_pfn_range(vma, addr,
				      vma->vm_pgoff + ((addr - vma->vm_start) >> PAGE_SHIFT),
				      size, vma->vm_page_prot);
		if (ret)
			return ret;
		cond_resched();
	}

	return 0;
}

/*
 * Some pages at once, not the whole mapping: remap_pfn_range() is for mmap(), who
 * has mmap_lock for write.
 */
static vm_fault_t compat_fault(struct vm_fault *vmf)
{
	struct nvgrace_window window = nvgrace_fault_window(vmf, 0);
	struct nvgrace_region *region = vmf->vma->vm_private_data;
	struct nvgrace_gpu *gpu = region->gpu;
	vm_fault_t fault = VM_FAULT_SIGBUS;
	struct vfio_pci_mmap_vma *new;
	int ret;

	new = new_entry(0);
	if (!new)
		return VM_FAULT_OOM;

	mutex_lock(&gpu->core.vma_lock);
	ret = nvgrace_region_fault_begin(vmf);
	if (!ret) {
		track(vmf->vma, &new);
		fault = nvgrace_fault_around(vmf, 0, &window);
		nvgrace_access_end(gpu);
	}
	mutex_unlock(&gpu->core.vma_lock);
	kfree(new);

	if (ret == -EAGAIN)
		return nvgrace_region_fault_wait(vmf, 0);

	trace_nvgrace_fault(region, vmf->address, 0,
			    fault == VM_FAULT_NOPAGE ? PHYS_PFN(window.end - window.start) : 0,
			    fault);
	return fault;
}

/*
 * A copy, a part or a moved mapping gets its entries from another one, by some
 * kernels before this and by others after it.  If there is any to get, that one
 * is on the list; and what a reset has taken off it stays off while it lasts.
 */
static void compat_open(struct vm_area_struct *vma)
{
	struct vfio_pci_core_device *core = core_of(vma);
	struct vfio_pci_mmap_vma *new = new_entry(__GFP_NOFAIL);

	mutex_lock(&core->vma_lock);
	if (has_ours(core))
		track(vma, &new);
	mutex_unlock(&core->vma_lock);
	kfree(new);
}

static void compat_close(struct vm_area_struct *vma)
{
	struct vfio_pci_core_device *core = core_of(vma);

	mutex_lock(&core->vma_lock);
	forget(vma);
	mutex_unlock(&core->vma_lock);
}

/* No map_pages: with it, faults would come without mmap_lock, beside compat_open(). */
static const struct vm_operations_struct compat_vm_ops = {
	.open	= compat_open,
	.close	= compat_close,
	.fault	= compat_fault,
};

/* The first address space on the list that is still alive, with a reference. */
static struct mm_struct *first_mm(struct vfio_pci_core_device *core)
{
	struct vfio_pci_mmap_vma *entry, *next;
	struct mm_struct *mm = NULL;

	mutex_lock(&core->vma_lock);
	list_for_each_entry_safe(entry, next, &core->vma_list, vma_next) {
		if (mmget_not_zero(entry->vma->vm_mm)) {
			mm = entry->vma->vm_mm;
			break;
		}
		list_del(&entry->vma_next);
		kfree(entry);
	}
	mutex_unlock(&core->vma_lock);

	return mm;
}

static void zap_mm(struct vfio_pci_core_device *core, struct mm_struct *mm)
{
	struct vfio_pci_mmap_vma *entry, *next;

	mmap_read_lock(mm);
	mutex_lock(&core->vma_lock);
	list_for_each_entry_safe(entry, next, &core->vma_list, vma_next) {
		if (entry->vma->vm_mm != mm)
			continue;
		zap(entry->vma);
		list_del(&entry->vma_next);
		kfree(entry);
	}
	mutex_unlock(&core->vma_lock);
	mmap_read_unlock(mm);
}

static void zap_all(struct vfio_pci_core_device *core)
{
	struct mm_struct *mm;

	while (!list_empty_careful(&core->vma_list)) {
		mm = first_mm(core);
		if (!mm)
			break;
		zap_mm(core, mm);
		mmput(mm);
	}
}

/**
 * compat_zap_and_lock_memory() - memory_lock for write, and no BAR is mapped
 * @core: the device
 *
 * The order of locks is mmap_lock, vma_lock, memory_lock; faults of any BAR take
 * the latter two.
 *
 * Context: may sleep; holds none of these locks.
 */
void compat_zap_and_lock_memory(struct vfio_pci_core_device *core)
{
	mutex_lock(&core->vma_lock);
	while (!list_empty(&core->vma_list)) {
		mutex_unlock(&core->vma_lock);
		zap_all(core);
		mutex_lock(&core->vma_lock);
	}
	compat_down_write_memory(core);
	mutex_unlock(&core->vma_lock);
}

/**
 * compat_mmap_populate() - the last step of mmap() of a region
 * @region: the region
 * @vma: the mapping, checked and with its flags set
 * @start: its offset in the region, in bytes
 *
 * Context: mmap_lock held for write.
 * Return: 0 or -errno.
 */
int compat_mmap_populate(struct nvgrace_region *region, struct vm_area_struct *vma, u64 start)
{
	struct nvgrace_gpu *gpu = region->gpu;
	struct vfio_pci_mmap_vma *new;
	int ret = 0;

	new = new_entry(0);
	if (!new)
		return -ENOMEM;

	vma->vm_pgoff = PHYS_PFN(region->part.base + start);
	vma->vm_ops = &compat_vm_ops;

	mutex_lock(&gpu->core.vma_lock);
	if (!nvgrace_access_try(gpu, false)) {
		track(vma, &new);
		ret = remap(vma);
		if (ret) {
			zap(vma);
			forget(vma);
		}
		nvgrace_access_end(gpu);
	}
	mutex_unlock(&gpu->core.vma_lock);
	kfree(new);

	return ret;
}
