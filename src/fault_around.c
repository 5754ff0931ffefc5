// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fault-around: one fault maps a whole window of leaves.  With 4 KiB pages that
 * is a GiB in leaves of 2 MiB, or 2 MiB in pages.
 */
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/pgtable.h>

#include "nvgrace_gpu.h"

/*
 * The entries of a page-table page of 4 KiB, and as much as a fault should do at
 * once: larger pages have more, of larger leaves.
 */
#define WINDOW_LEAVES	512ul

/* Entries in the one page-table page that is certain to stay. */
static unsigned long table_leaves(unsigned int order)
{
	if (!order)
		return PTRS_PER_PTE;
#ifdef CONFIG_ARCH_SUPPORTS_PMD_PFNMAP
	if (order == PMD_ORDER)
		return PTRS_PER_PMD;
#endif
	return 1;
}

static unsigned long leaf_pfn(const struct vm_area_struct *vma, unsigned long addr)
{
	const struct nvgrace_region *region = vma->vm_private_data;
	unsigned long pgoff_mask = VFIO_PCI_OFFSET_MASK >> PAGE_SHIFT;
	unsigned long first = PHYS_PFN(region->part.base) + (vma->vm_pgoff & pgoff_mask);

	return compat_first_pfn(vma, first) + ((addr - vma->vm_start) >> PAGE_SHIFT);
}

/**
 * nvgrace_fault_window() - what a fault can map
 * @vmf: the fault, in a mapping of the region in vm_private_data
 * @order: size of the leaf that is asked for
 *
 * Context: page fault.
 * Return: the leaves of that size around the fault, none if there cannot be one
 * where the fault is.
 */
struct nvgrace_window nvgrace_fault_window(const struct vm_fault *vmf, unsigned int order)
{
	const struct nvgrace_window none = {};
	const struct vm_area_struct *vma = vmf->vma;
	unsigned long size = PAGE_SIZE << order;

	if (!IS_ALIGNED(leaf_pfn(vma, vma->vm_start) - PHYS_PFN(vma->vm_start), 1ul << order))
		return none;

	return nvgrace_window_around(vmf->address, size, min(WINDOW_LEAVES, table_leaves(order)),
				     vma->vm_start, vma->vm_end);
}

#ifdef CONFIG_ARCH_SUPPORTS_PMD_PFNMAP
/* As if the fault had been at @addr, which is in the same page-table page. */
static vm_fault_t insert_pmd(struct vm_fault *vmf, unsigned long addr, unsigned long pfn)
{
	struct vm_fault leaf = {
		.vma		= vmf->vma,
		.gfp_mask	= vmf->gfp_mask,
		.pgoff		= vmf->pgoff + PHYS_PFN(addr) - PHYS_PFN(vmf->address),
		.address	= addr,
		.real_address	= addr,
		.flags		= vmf->flags,
		.pmd		= vmf->pmd - pmd_index(vmf->address) + pmd_index(addr),
		.pud		= vmf->pud,
	};

	return vmf_insert_pfn_pmd(&leaf, pfn, false);
}
#endif

/* No leaf with a lost page in it: pages then have to do for the rest. */
static vm_fault_t insert(struct vm_fault *vmf, unsigned long addr, unsigned int order)
{
	struct nvgrace_region *region = vmf->vma->vm_private_data;
	unsigned long pfn = leaf_pfn(vmf->vma, addr);

	if (nvgrace_memory_failure_good(region->gpu, pfn, 1ul << order) != 1ul << order)
		return order ? VM_FAULT_FALLBACK : VM_FAULT_HWPOISON;

	if (!order)
		return vmf_insert_pfn(vmf->vma, addr, pfn);
#ifdef CONFIG_ARCH_SUPPORTS_PMD_PFNMAP
	if (order == PMD_ORDER)
		return insert_pmd(vmf, addr, pfn);
#endif
#ifdef CONFIG_ARCH_SUPPORTS_PUD_PFNMAP
	if (order == PUD_ORDER)
		return vmf_insert_pfn_pud(vmf, pfn, false);
#endif
	return VM_FAULT_FALLBACK;
}

/**
 * nvgrace_fault_around() - map the leaf at a fault, then the others around it
 * @vmf: the fault
 * @order: size of the leaves
 * @window: from nvgrace_fault_window(), with at least one leaf
 *
 * Leaves that are there already stay as they are, and those with a lost page in
 * them are left out.
 *
 * Context: page fault, in an access bracket, so that a reset zaps all or nothing
 * of it.
 * Return: what became of the leaf at the fault.  The others are for later: an
 * error there will be met again when they are touched.
 */
vm_fault_t nvgrace_fault_around(struct vm_fault *vmf, unsigned int order,
				const struct nvgrace_window *window)
{
	unsigned long size = PAGE_SIZE << order;
	unsigned long touched = ALIGN_DOWN(vmf->address, size);
	unsigned long addr;
	vm_fault_t fault;

	fault = insert(vmf, touched, order);
	if (fault != VM_FAULT_NOPAGE)
		return fault;

	for (addr = window->start; addr < window->end; addr += size) {
		if (addr != touched && insert(vmf, addr, order) == VM_FAULT_OOM)
			break;
	}

	return VM_FAULT_NOPAGE;
}
