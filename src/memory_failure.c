// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory failure: a page of the GPU memory with an uncorrectable error is taken
 * from its users, and not given out again.
 *
 * The kernel sends the signals.  All that it tells the driver is a question: at
 * which offset does this mapping have that page?  It asks for each mapping of a
 * process that is to be told.
 */
#include <linux/memory-failure.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "nvgrace_gpu.h"
#include "poison.h"

/**
 * struct nvgrace_memory_failure - what is lost of a GPU's memory
 * @gpu: the GPU
 * @lock: guards @poison
 * @poison: pages lost since the driver was bound; a reset does not bring them back
 * @zap: takes lost pages from their users
 * @usemem: registration of usemem, while the device is open
 * @resmem: the same for resmem
 */
struct nvgrace_memory_failure {
	struct nvgrace_gpu *gpu;
	spinlock_t lock;	/* poison */
	struct nvgrace_poison poison;
	struct work_struct zap;
	struct pfn_address_space usemem;
	struct pfn_address_space resmem;
};

/* The page frame number of the @index-th lost page. */
static bool get_lost(struct nvgrace_memory_failure *failure, unsigned int index,
		     unsigned long *pfn)
{
	bool found;

	spin_lock(&failure->lock);
	found = index < failure->poison.count;
	if (found)
		*pfn = failure->poison.pfns[index];
	spin_unlock(&failure->lock);

	return found;
}

static bool has_page(const struct nvgrace_region *region, unsigned long pfn)
{
	return PFN_PHYS((u64)pfn) - region->part.base < region->part.length;
}

static pgoff_t page_pgoff_in_file(const struct nvgrace_region *region, unsigned long pfn)
{
	return PHYS_PFN(VFIO_PCI_INDEX_TO_OFFSET(region->index)) + pfn -
	       PHYS_PFN(region->part.base);
}

static void zap_page(struct nvgrace_gpu *gpu, unsigned long pfn)
{
	struct nvgrace_region *region = has_page(&gpu->usemem, pfn) ? &gpu->usemem : &gpu->resmem;

	unmap_mapping_range(gpu->core.vdev.inode->i_mapping,
			    PFN_PHYS((u64)page_pgoff_in_file(region, pfn)), PAGE_SIZE, true);
}

static void zap_region(struct nvgrace_region *region)
{
	unmap_mapping_range(region->gpu->core.vdev.inode->i_mapping,
			    VFIO_PCI_INDEX_TO_OFFSET(region->index), region->part.bar_size, true);
}

/* Every lost page, not only the new one: that is simple, and not too many. */
static void zap_lost(struct work_struct *work)
{
	struct nvgrace_memory_failure *failure = container_of(work, struct nvgrace_memory_failure,
							      zap);
	struct nvgrace_gpu *gpu = failure->gpu;
	unsigned long pfn;
	unsigned int i;

	/* A fault under way may not know yet, and map it. */
	nvgrace_access_drain(gpu);

	if (READ_ONCE(failure->poison.overflow)) {
		zap_region(&gpu->usemem);
		if (gpu->resmem.part.length)
			zap_region(&gpu->resmem);
		return;
	}

	for (i = 0; get_lost(failure, i, &pfn); i++)
		zap_page(gpu, pfn);
}

static void page_lost(struct nvgrace_memory_failure *failure, unsigned long pfn)
{
	struct pci_dev *pdev = failure->gpu->core.pdev;
	bool news, overflow;

	spin_lock(&failure->lock);
	news = nvgrace_poison_add(&failure->poison, pfn);
	overflow = failure->poison.overflow;
	spin_unlock(&failure->lock);
	if (!news)
		return;

	if (overflow)
		pci_err(pdev, "more than %u pages of GPU memory are lost: none is given out any more\n",
			NVGRACE_POISON_MAX);
	else
		pci_err(pdev, "GPU memory at %#llx is lost: memory error\n", PFN_PHYS((u64)pfn));
	queue_work(system_highpri_wq, &failure->zap);
	nvgrace_watch_event(failure->gpu, NVGRACE_MEMORY_LOST);
}

/* Atomic.  An answer that names no page of the mapping would kill its process. */
static int pfn_to_vma_pgoff(struct vm_area_struct *vma, unsigned long pfn, pgoff_t *pgoff)
{
	struct nvgrace_region *region = nvgrace_region_of(vma);
	pgoff_t at;

	if (!region)
		return -ENOENT;

	page_lost(region->gpu->memory_failure, pfn);

	if (!has_page(region, pfn))
		return -ENOENT;
	at = page_pgoff_in_file(region, pfn);
	if (at < vma->vm_pgoff || at - vma->vm_pgoff >= vma_pages(vma))
		return -ENOENT;

	*pgoff = at;
	return 0;
}

/**
 * nvgrace_memory_failure_good() - how much of the memory is good
 * @gpu: a GPU with memory
 * @pfn: first page
 * @count: number of pages
 *
 * Context: any that may take a spinlock.  In an access bracket the answer is
 * good until its end, as far as mappings are concerned.
 * Return: pages before the first lost one, at most @count.
 */
unsigned long nvgrace_memory_failure_good(struct nvgrace_gpu *gpu, unsigned long pfn,
					  unsigned long count)
{
	struct nvgrace_memory_failure *failure = gpu->memory_failure;

	if (likely(!READ_ONCE(failure->poison.count)))
		return count;

	spin_lock(&failure->lock);
	count = nvgrace_poison_good(&failure->poison, pfn, count);
	spin_unlock(&failure->lock);

	return count;
}

/**
 * nvgrace_memory_failure_lost() - how many pages are lost
 * @gpu: a GPU with memory
 *
 * Context: any.
 * Return: pages; one more than are remembered: all of them.
 */
unsigned int nvgrace_memory_failure_lost(const struct nvgrace_gpu *gpu)
{
	const struct nvgrace_poison *poison = &gpu->memory_failure->poison;

	return READ_ONCE(poison->count) + !!READ_ONCE(poison->overflow);
}

/**
 * nvgrace_memory_failure_init() - prepare a new GPU
 * @gpu: a GPU with memory
 *
 * Context: probe, before the device is registered.
 * Return: 0 or -ENOMEM.
 */
int nvgrace_memory_failure_init(struct nvgrace_gpu *gpu)
{
	struct nvgrace_memory_failure *failure;

	failure = devm_kzalloc(&gpu->core.pdev->dev, sizeof(*failure), GFP_KERNEL);
	if (!failure)
		return -ENOMEM;

	failure->gpu = gpu;
	spin_lock_init(&failure->lock);
	INIT_WORK(&failure->zap, zap_lost);
	gpu->memory_failure = failure;

	return 0;
}

static int add_region(struct pfn_address_space *space, const struct nvgrace_region *region)
{
	int ret;

	if (!region->part.length)
		return 0;

	space->node.start = PHYS_PFN(region->part.base);
	space->node.last = PHYS_PFN(region->part.base + region->part.length - 1);
	space->mapping = region->gpu->core.vdev.inode->i_mapping;
	space->pfn_to_vma_pgoff = pfn_to_vma_pgoff;

	ret = register_pfn_address_space(space);
	if (ret)
		dev_err_ratelimited(&region->gpu->core.pdev->dev,
				    "memory of BAR%u is claimed by another driver: %d\n",
				    region->index, ret);

	return ret;
}

static void remove_region(struct pfn_address_space *space, const struct nvgrace_region *region)
{
	if (region->part.length)
		unregister_pfn_address_space(space);
}

/**
 * nvgrace_memory_failure_open() - be asked about mappings from now on
 * @gpu: a GPU with memory
 *
 * Context: open, may sleep.
 * Return: 0 and nvgrace_memory_failure_close() is owed, -EBUSY if another driver
 * claims the memory.
 */
int nvgrace_memory_failure_open(struct nvgrace_gpu *gpu)
{
	struct nvgrace_memory_failure *failure = gpu->memory_failure;
	int ret;

	ret = add_region(&failure->usemem, &gpu->usemem);
	if (ret)
		return ret;

	ret = add_region(&failure->resmem, &gpu->resmem);
	if (ret)
		remove_region(&failure->usemem, &gpu->usemem);

	return ret;
}

/**
 * nvgrace_memory_failure_close() - the end of it
 * @gpu: the GPU of a successful nvgrace_memory_failure_open()
 *
 * Context: close, may sleep.
 */
void nvgrace_memory_failure_close(struct nvgrace_gpu *gpu)
{
	struct nvgrace_memory_failure *failure = gpu->memory_failure;

	remove_region(&failure->resmem, &gpu->resmem);
	remove_region(&failure->usemem, &gpu->usemem);
	flush_work(&failure->zap);
}
