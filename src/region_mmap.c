// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmap() of usemem and resmem: mapped on fault, zapped by every reset.
 */
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/overflow.h>

#include "nvgrace_gpu.h"
#include "trace.h"

/* Only user space handles a signal before it has the fault again. */
static unsigned int wait_state(const struct vm_fault *vmf)
{
	unsigned int both = FAULT_FLAG_USER | FAULT_FLAG_INTERRUPTIBLE;

	return (vmf->flags & both) == both ? TASK_INTERRUPTIBLE : TASK_KILLABLE;
}

/**
 * nvgrace_region_fault_begin() - begin the access of a fault
 * @vmf: the fault, in a mapping of the region in vm_private_data
 *
 * A fault that cannot be retried waits for memory_lock, with mmap_lock, as faults
 * in the core's own mappings do.
 *
 * Context: page fault.
 * Return: as nvgrace_access_try().
 */
int nvgrace_region_fault_begin(const struct vm_fault *vmf)
{
	struct nvgrace_region *region = vmf->vma->vm_private_data;

	return nvgrace_access_try(region->gpu, !(vmf->flags & FAULT_FLAG_ALLOW_RETRY));
}

/**
 * nvgrace_region_fault_wait() - wait for readiness, then have a fault taken again
 * @vmf: the fault, in a mapping of the region in vm_private_data
 * @order: size of the leaf that is asked for
 *
 * Waits without mmap_lock, which others need.  An error will be met again, and
 * reported, when the fault is.
 *
 * Context: page fault, holding no other lock; sleeps, until a signal if the fault
 * is user space's, else killable.
 * Return: VM_FAULT_RETRY, or VM_FAULT_SIGBUS if the fault cannot be retried.
 */
vm_fault_t nvgrace_region_fault_wait(struct vm_fault *vmf, unsigned int order)
{
	struct nvgrace_region *region = vmf->vma->vm_private_data;
	unsigned int state = wait_state(vmf);
	struct nvgrace_gpu *gpu = region->gpu;
	struct file *file;
	int ret;

	if (!(vmf->flags & FAULT_FLAG_ALLOW_RETRY))
		return VM_FAULT_SIGBUS;
	if (vmf->flags & FAULT_FLAG_RETRY_NOWAIT)
		return VM_FAULT_RETRY;

	trace_nvgrace_fault(region, vmf->address, order, 0, VM_FAULT_RETRY);

	/* Keeps the device open; the mapping may be gone as soon as we unlock. */
	file = get_file(vmf->vma->vm_file);
	release_fault_lock(vmf);

	do {
		ret = nvgrace_access_try(gpu, false);
		if (!ret)
			nvgrace_access_end(gpu);
	} while (ret == -EAGAIN && !nvgrace_readiness_sleep(state));
	fput(file);

	return VM_FAULT_RETRY;
}

static vm_fault_t huge_fault(struct vm_fault *vmf, unsigned int order)
{
	struct nvgrace_region *region = vmf->vma->vm_private_data;
	struct nvgrace_window window = nvgrace_fault_window(vmf, order);
	unsigned long leaves = (window.end - window.start) >> (PAGE_SHIFT + order);
	vm_fault_t fault = VM_FAULT_SIGBUS;
	int ret;

	if (!leaves)
		return VM_FAULT_FALLBACK;

	ret = nvgrace_region_fault_begin(vmf);
	if (ret == -EAGAIN)
		return nvgrace_region_fault_wait(vmf, order);
	if (!ret) {
		fault = nvgrace_fault_around(vmf, order, &window);
		nvgrace_access_end(region->gpu);
	}

	trace_nvgrace_fault(region, vmf->address, order, fault == VM_FAULT_NOPAGE ? leaves : 0,
			    fault);
	return fault;
}

static vm_fault_t page_fault(struct vm_fault *vmf)
{
	return huge_fault(vmf, 0);
}

static const struct vm_operations_struct region_vm_ops = {
	.fault		= page_fault,
#ifdef CONFIG_ARCH_SUPPORTS_HUGE_PFNMAP
	.huge_fault	= huge_fault,
#endif
};

/**
 * nvgrace_region_of() - the region that a mapping is of
 * @vma: any mapping of a device of this driver
 *
 * Context: any.
 * Return: the region, NULL for a mapping of something else.
 */
struct nvgrace_region *nvgrace_region_of(const struct vm_area_struct *vma)
{
	return vma->vm_ops == &region_vm_ops ? vma->vm_private_data : NULL;
}

/**
 * nvgrace_region_mmap() - mmap() of a region
 * @region: the region
 * @vma: the mapping
 *
 * Context: mmap_lock held for write.
 * Return: 0, -EINVAL if the mapping is private or not inside the real length,
 * -EOVERFLOW if its end cannot be expressed.
 */
int nvgrace_region_mmap(struct nvgrace_region *region, struct vm_area_struct *vma)
{
	u64 length = vma->vm_end - vma->vm_start;
	u64 start, end;

	/*
	 * A private mapping would be copied on write, for which memory without
	 * struct page has no code but a BUG().
	 */
	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;

	start = ((u64)vma->vm_pgoff << PAGE_SHIFT) & VFIO_PCI_OFFSET_MASK;
	if (check_add_overflow(start, length, &end))
		return -EOVERFLOW;
	if (end > region->part.length)
		return -EINVAL;

	/* VM_ALLOW_ANY_UNCACHED: the guest may map Normal-NC, as we do. */
	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	if (!region->cached) {
		vm_flags_set(vma, VM_ALLOW_ANY_UNCACHED);
		vma->vm_page_prot = pgprot_writecombine(vma->vm_page_prot);
	}

	vma->vm_private_data = region;
	vma->vm_ops = &region_vm_ops;

	return compat_mmap_populate(region, vma, start);
}
