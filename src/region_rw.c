// SPDX-License-Identifier: GPL-2.0-only
/*
 * read() and write() of usemem and resmem.
 */
#include <linux/io.h>
#include <linux/pagemap.h>
#include <linux/pm_runtime.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/uaccess.h>

#include "nvgrace_gpu.h"
#include "range.h"

/*
 * Copied in one bracket: some microseconds of memory bandwidth, which is what
 * a reset may have to wait for.
 */
#define CHUNK		SZ_256K

/* What a read gives between the end of the memory and the end of the BAR. */
#define FILLER_BYTE	0xff

static const u8 filler[SZ_4K] = { [0 ... SZ_4K - 1] = FILLER_BYTE };

/* Normal memory both, cacheable or not: any access size and alignment will do. */
static void *region_map(struct nvgrace_region *region)
{
	/* Pairs with the release below: the mapping's page tables are there. */
	void *vaddr = smp_load_acquire(&region->vaddr);

	if (vaddr)
		return vaddr;

	mutex_lock(&region->map_lock);
	vaddr = region->vaddr;
	if (!vaddr) {
		vaddr = memremap(region->part.base, region->part.length,
				 region->cached ? MEMREMAP_WB : MEMREMAP_WC);
		/* Pairs with the acquire above. */
		smp_store_release(&region->vaddr, vaddr);
	}
	mutex_unlock(&region->map_lock);

	return vaddr;
}

/**
 * nvgrace_region_unmap() - drop the kernel's mapping of a region
 * @region: the region
 *
 * Context: close, when nobody can be reading or writing any more.
 */
void nvgrace_region_unmap(struct nvgrace_region *region)
{
	if (region->vaddr)
		memunmap(region->vaddr);
	region->vaddr = NULL;
}

static unsigned long copy(void *memory, char __user *buf, size_t count, bool is_write)
{
	if (is_write)
		return copy_from_user(memory, buf, count);

	return copy_to_user(buf, memory, count);
}

/* Bytes of @count that come before the first lost page. */
static size_t good_bytes(struct nvgrace_region *region, u64 offset, size_t count)
{
	u64 start = region->part.base + offset;
	unsigned long first = PHYS_PFN(start);
	unsigned long pages = PHYS_PFN(start + count - 1) - first + 1;
	unsigned long good = nvgrace_memory_failure_good(region->gpu, first, pages);

	return good ? min_t(u64, count, PFN_PHYS((u64)good) - offset_in_page(start)) : 0;
}

/* The bracket around a copy of @count bytes; those that can be copied, or why none. */
static ssize_t copy_begin(struct nvgrace_region *region, u64 offset, size_t count)
{
	int ret = nvgrace_access_begin(region->gpu);

	if (ret)
		return ret;

	/* Not before: a page may get lost in a wait for readiness. */
	count = good_bytes(region, offset, count);
	if (count)
		return count;

	nvgrace_access_end(region->gpu);
	return -EIO;
}

/*
 * As copy(), in a bracket.  A page fault would take mmap_lock, perhaps wait
 * for this very device, and so is not allowed there.
 *
 * Return: bytes copied, fewer than @count or none where the user's buffer is
 * not present, or why there is no access.
 */
static ssize_t copy_present(struct nvgrace_region *region, void *memory, u64 offset,
			    char __user *buf, size_t count, bool is_write)
{
	ssize_t good = copy_begin(region, offset, count);
	unsigned long left;

	if (good < 0)
		return good;

	pagefault_disable();
	left = copy(memory + offset, buf, good, is_write);
	pagefault_enable();
	nvgrace_access_end(region->gpu);

	return good - left;
}

/*
 * A few bytes by way of the stack: the user's buffer may fault here, and what
 * faults for good is found.
 */
static ssize_t copy_bounced(struct nvgrace_region *region, void *memory, u64 offset,
			    char __user *buf, size_t count, bool is_write)
{
	u8 bytes[64];
	ssize_t good;

	count = min(count, sizeof(bytes));
	if (is_write && copy_from_user(bytes, buf, count))
		return -EFAULT;

	good = copy_begin(region, offset, count);
	if (good < 0)
		return good;
	if (is_write)
		memcpy(memory + offset, bytes, good);
	else
		memcpy(bytes, memory + offset, good);
	nvgrace_access_end(region->gpu);

	if (!is_write && copy_to_user(buf, bytes, good))
		return -EFAULT;

	return good;
}

/* Some bytes of real memory; at least one, or why not. */
static ssize_t memory_step(struct nvgrace_region *region, u64 offset, char __user *buf,
			   size_t count, bool is_write)
{
	void *memory = region_map(region);
	ssize_t ret;

	if (!memory)
		return -ENOMEM;

	count = min_t(size_t, count, CHUNK);
	ret = copy_present(region, memory, offset, buf, count, is_write);
	if (ret)
		return ret;

	ret = copy_bounced(region, memory, offset, buf, count, is_write);
	if (ret < 0)
		return ret;

	/*
	 * Only a hint: have the rest of this chunk present for the next step.
	 * Not with fault_in_writeable(), which stores zeroes.
	 */
	if (is_write)
		fault_in_readable(buf + ret, count - ret);
	else
		fault_in_safe_writeable(buf + ret, count - ret);

	return ret;
}

/* Some bytes of filler.  Writes are dropped, but the buffer has to be there. */
static ssize_t filler_step(char __user *buf, size_t count, bool is_write)
{
	count = min(count, sizeof(filler));
	if (is_write)
		return fault_in_readable(buf, count) ? -EFAULT : count;

	return copy_to_user(buf, filler, count) ? -EFAULT : count;
}

static ssize_t rw_awake(struct nvgrace_region *region, char __user *buf, size_t count, u64 pos,
			bool is_write)
{
	size_t done = 0;

	while (done < count) {
		struct nvgrace_span span = nvgrace_span_cut(pos + done, count - done,
							    0, region->part.length);
		ssize_t ret;

		if (span.inside)
			ret = memory_step(region, pos + done, buf + done, span.inside, is_write);
		else
			ret = filler_step(buf + done, span.after, is_write);

		/* Whatever was copied before a bad byte, it is no success. */
		if (ret == -EFAULT)
			return ret;
		if (ret < 0)
			return done ?: ret;

		done += ret;
		if (fatal_signal_pending(current))
			break;
		cond_resched();
	}

	return done;
}

/**
 * nvgrace_region_rw() - read or write a region
 * @region: the region
 * @buf: the user's buffer, read only if @is_write
 * @count: bytes
 * @ppos: file position, in @region; moved by what is returned
 * @is_write: direction
 *
 * Behind the real length reads give FILLER_BYTE and writes are dropped; at the
 * end of the BAR the access is clipped.
 *
 * Context: may sleep, killable; resumes the device for as long as it takes.
 * Return: bytes done, -EINVAL at or past the end of the BAR, -EFAULT if any
 * byte of the buffer that was to be used is bad (what is in the other bytes is
 * then undefined), -EIO if the memory is not ready or the first byte
 * is in a lost page, -EINTR, -ENOMEM.
 */
ssize_t nvgrace_region_rw(struct nvgrace_region *region, char __user *buf, size_t count,
			  loff_t *ppos, bool is_write)
{
	struct vfio_pci_core_device *core = &region->gpu->core;
	u64 pos = *ppos & VFIO_PCI_OFFSET_MASK;
	bool slept;
	ssize_t ret;

	if (!count)
		return 0;
	if (pos >= region->part.bar_size)
		return -EINVAL;

	slept = pm_runtime_suspended(&core->pdev->dev);
	ret = pm_runtime_resume_and_get(&core->pdev->dev);
	if (ret) {
		pci_info_ratelimited(core->pdev, "runtime resume failed: %zd\n", ret);
		return -EIO;
	}

	/* It may have been without power since the last access. */
	if (slept)
		nvgrace_readiness_restart(region->gpu);
	else if (compat_pm_runtime_engaged(core))
		nvgrace_readiness_due(region->gpu);

	ret = rw_awake(region, buf, min_t(u64, count, region->part.bar_size - pos), pos, is_write);
	if (ret > 0)
		*ppos += ret;

	/* It may lose power now, and an event that wakes it clears the mark. */
	if (compat_pm_runtime_engaged(core))
		nvgrace_readiness_due(region->gpu);

	pm_runtime_put(&core->pdev->dev);
	return ret;
}
