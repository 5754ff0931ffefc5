// SPDX-License-Identifier: GPL-2.0-only
/*
 * The debugfs file virtual_gpu/import: a peer device's side of a dma-buf. Write
 *
 *   BDF FD    the PCI device BDF attaches to the dma-buf that the caller has open
 *             as FD, and maps it
 *   map       it maps it once more, after the exporter took it away
 *
 * and read back one line for each piece, in order, or none if it was taken away:
 *
 *   0xADDRESS 0xLENGTH
 *
 * The address is what the device would put on the bus. Each open file is one
 * importer, which detaches when it is closed.
 */
#include <linux/debugfs.h>
#include <linux/dma-buf.h>
#include <linux/dma-resv.h>
#include <linux/mutex.h>
#include <linux/scatterlist.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "virtual_gpu.h"

struct vgpu_importer {
	struct mutex lock;	/* guards all but sgt */
	struct pci_dev *pdev;
	struct dma_buf_attachment *attachment;
	struct sg_table *sgt;	/* under the dma-buf's reservation; NULL: not mapped */
};

/* The exporter waits for the unmapping; the reservation is held */
static void vgpu_importer_unmap(struct dma_buf_attachment *attachment)
{
	struct vgpu_importer *importer = attachment->importer_priv;

	if (importer->sgt)
		dma_buf_unmap_attachment(attachment, importer->sgt, DMA_BIDIRECTIONAL);
	importer->sgt = NULL;
}

static const struct dma_buf_attach_ops vgpu_attach_ops = {
	.allow_peer2peer = true,
	.VGPU_INVALIDATE = vgpu_importer_unmap,
};

static int vgpu_importer_map(struct vgpu_importer *importer)
{
	struct dma_buf_attachment *attachment = importer->attachment;
	struct sg_table *sgt;

	if (!attachment)
		return -ENODEV;

	dma_resv_lock(attachment->dmabuf->resv, NULL);
	vgpu_importer_unmap(attachment);
	sgt = dma_buf_map_attachment(attachment, DMA_BIDIRECTIONAL);
	if (!IS_ERR(sgt))
		importer->sgt = sgt;
	dma_resv_unlock(attachment->dmabuf->resv);

	return PTR_ERR_OR_ZERO(sgt);
}

static void vgpu_importer_detach(struct vgpu_importer *importer)
{
	struct dma_buf *buf;

	if (importer->attachment) {
		buf = importer->attachment->dmabuf;
		dma_resv_lock(buf->resv, NULL);
		vgpu_importer_unmap(importer->attachment);
		dma_resv_unlock(buf->resv);
		dma_buf_detach(buf, importer->attachment);
		dma_buf_put(buf);
		importer->attachment = NULL;
	}
	pci_dev_put(importer->pdev);
	importer->pdev = NULL;
}

static int vgpu_importer_attach(struct vgpu_importer *importer, unsigned int bus,
				unsigned int slot, int fd)
{
	struct dma_buf_attachment *attachment;
	struct dma_buf *buf;

	vgpu_importer_detach(importer);
	importer->pdev = pci_get_domain_bus_and_slot(0, bus, PCI_DEVFN(slot, 0));
	if (!importer->pdev)
		return -ENODEV;

	buf = dma_buf_get(fd);
	if (IS_ERR(buf))
		return PTR_ERR(buf);

	attachment = dma_buf_dynamic_attach(buf, &importer->pdev->dev, &vgpu_attach_ops, importer);
	if (IS_ERR(attachment)) {
		dma_buf_put(buf);
		return PTR_ERR(attachment);
	}
	importer->attachment = attachment;

	return vgpu_importer_map(importer);
}

static ssize_t vgpu_import_write(struct file *file, const char __user *buf, size_t count,
				 loff_t *ppos)
{
	struct vgpu_importer *importer = ((struct seq_file *)file->private_data)->private;
	unsigned int bus, slot;
	char text[32] = {};
	int fd, ret;

	if (count >= sizeof(text))
		return -EINVAL;
	if (copy_from_user(text, buf, count))
		return -EFAULT;

	mutex_lock(&importer->lock);
	if (sysfs_streq(text, "map"))
		ret = vgpu_importer_map(importer);
	else if (sscanf(text, "0000:%x:%x.0 %d", &bus, &slot, &fd) == 3)
		ret = vgpu_importer_attach(importer, bus, slot, fd);
	else
		ret = -EINVAL;
	mutex_unlock(&importer->lock);

	return ret ?: count;
}

static int vgpu_import_show(struct seq_file *seq, void *unused)
{
	struct vgpu_importer *importer = seq->private;
	struct scatterlist *sg;
	unsigned int i;

	mutex_lock(&importer->lock);
	if (importer->attachment) {
		dma_resv_lock(importer->attachment->dmabuf->resv, NULL);
		if (importer->sgt)
			for_each_sgtable_dma_sg(importer->sgt, sg, i)
				seq_printf(seq, "0x%llx 0x%x\n", sg_dma_address(sg),
					   sg_dma_len(sg));
		dma_resv_unlock(importer->attachment->dmabuf->resv);
	}
	mutex_unlock(&importer->lock);

	return 0;
}

static int vgpu_import_open(struct inode *inode, struct file *file)
{
	struct vgpu_importer *importer = kzalloc(sizeof(*importer), GFP_KERNEL);
	int ret;

	if (!importer)
		return -ENOMEM;

	mutex_init(&importer->lock);
	ret = single_open(file, vgpu_import_show, importer);
	if (ret)
		kfree(importer);

	return ret;
}

static int vgpu_import_release(struct inode *inode, struct file *file)
{
	struct vgpu_importer *importer = ((struct seq_file *)file->private_data)->private;

	vgpu_importer_detach(importer);
	kfree(importer);

	return single_release(inode, file);
}

const struct file_operations vgpu_import_fops = {
	.owner = THIS_MODULE,
	.open = vgpu_import_open,
	.release = vgpu_import_release,
	.read = seq_read,
	.write = vgpu_import_write,
	.llseek = seq_lseek,
};

MODULE_IMPORT_NS("DMA_BUF");
