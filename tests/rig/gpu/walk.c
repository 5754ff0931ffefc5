// SPDX-License-Identifier: GPL-2.0-only
/*
 * The debugfs file virtual_gpu/walk: write a virtual address of the calling
 * process, in hexadecimal, and read back what maps it:
 *
 *   leaf=BYTES attr=normal|normal-nc|device|none pfn=0xPFN
 *
 * leaf is the size of the page-table leaf (page, PMD or PUD), 0 if nothing is
 * mapped there; attr is its memory type; pfn is the page that holds the address.
 */
#include <linux/debugfs.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "virtual_gpu.h"

struct vgpu_walk {
	struct mutex lock;	/* guards all below */
	size_t length;
	char text[80];
};

struct vgpu_leaf {
	unsigned long size;
	unsigned long pfn;
	pteval_t bits;
};

static void vgpu_leaf_set(struct vgpu_leaf *leaf, unsigned long address, unsigned long size,
			  unsigned long pfn, pteval_t bits)
{
	leaf->size = size;
	leaf->pfn = pfn + ((address & (size - 1)) >> PAGE_SHIFT);
	leaf->bits = bits;
}

/*
 * Only tables that mmap_lock keeps in place are followed: those of an address
 * inside a VMA. Entries can change below us, so each is read once.
 */
static void vgpu_walk_tables(struct mm_struct *mm, unsigned long address, struct vgpu_leaf *leaf)
{
	pgd_t *pgdp = pgd_offset(mm, address);
	p4d_t *p4dp;
	pud_t *pudp, pud;
	pmd_t *pmdp, pmd;
	pte_t pte;

	if (pgd_none(READ_ONCE(*pgdp)))
		return;

	p4dp = p4d_offset(pgdp, address);
	if (p4d_none(READ_ONCE(*p4dp)))
		return;

	pudp = pud_offset(p4dp, address);
	pud = READ_ONCE(*pudp);
	if (!pud_present(pud))
		return;
	if (pud_leaf(pud)) {
		vgpu_leaf_set(leaf, address, PUD_SIZE, pud_pfn(pud), pud_val(pud));
		return;
	}

	pmdp = pmd_offset(pudp, address);
	pmd = READ_ONCE(*pmdp);
	if (!pmd_present(pmd))
		return;
	if (pmd_leaf(pmd)) {
		vgpu_leaf_set(leaf, address, PMD_SIZE, pmd_pfn(pmd), pmd_val(pmd));
		return;
	}

	pte = READ_ONCE(*pte_offset_kernel(&pmd, address));
	if (pte_present(pte))
		vgpu_leaf_set(leaf, address, PAGE_SIZE, pte_pfn(pte), pte_val(pte));
}

static const char *vgpu_attr_name(const struct vgpu_leaf *leaf)
{
	if (!leaf->size)
		return "none";

	switch ((leaf->bits & PTE_ATTRINDX_MASK) >> 2) {
	case MT_NORMAL:
	case MT_NORMAL_TAGGED:
		return "normal";
	case MT_NORMAL_NC:
		return "normal-nc";
	default:
		return "device";
	}
}

static void vgpu_walk(struct vgpu_walk *walk, unsigned long address)
{
	struct vgpu_leaf leaf = {};

	mmap_read_lock(current->mm);
	if (vma_lookup(current->mm, address))
		vgpu_walk_tables(current->mm, address, &leaf);
	mmap_read_unlock(current->mm);

	walk->length = scnprintf(walk->text, sizeof(walk->text), "leaf=%lu attr=%s pfn=0x%lx\n",
				 leaf.size, vgpu_attr_name(&leaf), leaf.pfn);
}

static int vgpu_walk_open(struct inode *inode, struct file *file)
{
	struct vgpu_walk *walk = kzalloc(sizeof(*walk), GFP_KERNEL);

	if (!walk)
		return -ENOMEM;
	mutex_init(&walk->lock);
	file->private_data = walk;

	return 0;
}

static int vgpu_walk_release(struct inode *inode, struct file *file)
{
	kfree(file->private_data);

	return 0;
}

/* The answer is at the start of the file, so the next read() finds it */
static ssize_t vgpu_walk_write(struct file *file, const char __user *buf, size_t count,
			       loff_t *ppos)
{
	struct vgpu_walk *walk = file->private_data;
	unsigned long address;
	int ret;

	ret = kstrtoul_from_user(buf, count, 16, &address);
	if (ret)
		return ret;

	mutex_lock(&walk->lock);
	vgpu_walk(walk, address);
	*ppos = 0;
	mutex_unlock(&walk->lock);

	return count;
}

static ssize_t vgpu_walk_read(struct file *file, char __user *buf, size_t count, loff_t *ppos)
{
	struct vgpu_walk *walk = file->private_data;
	ssize_t ret;

	mutex_lock(&walk->lock);
	ret = simple_read_from_buffer(buf, count, ppos, walk->text, walk->length);
	mutex_unlock(&walk->lock);

	return ret;
}

const struct file_operations vgpu_walk_fops = {
	.owner = THIS_MODULE,
	.open = vgpu_walk_open,
	.release = vgpu_walk_release,
	.read = vgpu_walk_read,
	.write = vgpu_walk_write,
	.llseek = default_llseek,
};
