// SPDX-License-Identifier: GPL-2.0-only
/*
 * VFIO device: open, close, and the hand-over of each call to the region it is
 * for.  The op tables are at the end.
 */
#include "nvgrace_gpu.h"

/* In the core's map of config space: PCI_CAP_ID_INVALID in its vfio_pci_config.c */
#define NO_CAPABILITY	0xff

static void init_region(struct nvgrace_gpu *gpu, struct nvgrace_region *region,
			const struct nvgrace_memory_part *part, struct nvgrace_fake_bar *bar)
{
	region->gpu = gpu;
	region->part = *part;
	mutex_init(&region->map_lock);
	bar->size = part->bar_size;
}

/**
 * nvgrace_gpu_init_memory() - fill in a new GPU that has memory
 * @gpu: from vfio_alloc_device()
 * @split: its memory
 * @mig_erratum: whether the part needs resmem
 *
 * Context: probe, before the device is registered.
 */
void nvgrace_gpu_init_memory(struct nvgrace_gpu *gpu, const struct nvgrace_memory_split *split,
			     bool mig_erratum)
{
	gpu->mig_erratum = mig_erratum;
	mutex_init(&gpu->decode_lock);
	spin_lock_init(&gpu->fake_bar_lock);

	gpu->usemem.index = VFIO_PCI_BAR4_REGION_INDEX;
	gpu->usemem.cached = true;
	init_region(gpu, &gpu->usemem, &split->usemem, &gpu->usemem_bar);

	gpu->resmem.index = VFIO_PCI_BAR2_REGION_INDEX;
	init_region(gpu, &gpu->resmem, &split->resmem, &gpu->resmem_bar);

	nvgrace_readiness_init(gpu);
	nvgrace_watch_init(gpu);
}

/*
 * The core makes a map of config space, as large as that is, with a byte for each byte of a
 * capability. How long a capability is the function tells: 4095 bytes, if it does not answer
 * just then, as in a reset below its port. There is room for that, and such a map is not used:
 * it would let the user write to what other capabilities have there.
 */
static int enable(struct vfio_pci_core_device *core)
{
	struct pci_dev *pdev = core->pdev;
	int ret, size = pdev->cfg_size;

	if (size > PCI_CFG_SPACE_SIZE)
		pdev->cfg_size += PCI_CFG_SPACE_EXP_SIZE;
	ret = vfio_pci_core_enable(core);
	swap(pdev->cfg_size, size);
	if (ret)
		return ret;

	if (size > pdev->cfg_size && core->pci_config_map[pdev->cfg_size] != NO_CAPABILITY) {
		vfio_pci_core_disable(core);
		return -EIO;
	}

	return 0;
}

static int nvgrace_open_device(struct vfio_device *core_vdev)
{
	struct nvgrace_gpu *gpu = nvgrace_gpu_from_core(core_vdev);
	struct nvgrace_readiness *readiness = &gpu->readiness;
	int ret;

	ret = nvgrace_decode_find_bar0(gpu);
	if (ret)
		return ret;

	ret = enable(&gpu->core);
	if (ret)
		return ret;

	if (!nvgrace_decode_is_on(gpu->core.pdev)) {
		ret = -EIO;
		goto out_disable;
	}

	if (!readiness->cxl_dvsec) {
		void __iomem *bar0 = vfio_pci_core_get_iomap(&gpu->core, 0);

		if (IS_ERR(bar0)) {
			ret = PTR_ERR(bar0);
			goto out_disable;
		}
		readiness->bar0 = bar0;
	}

	ret = nvgrace_memory_failure_open(gpu);
	if (ret)
		goto out_forget_bar0;

	/* Enabling has reset the function, where it can be reset. */
	nvgrace_readiness_restart(gpu);
	nvgrace_config_reset(gpu);
	vfio_pci_core_finish_enable(&gpu->core);
	nvgrace_decode_opened(gpu, true);

	return 0;

out_forget_bar0:
	readiness->bar0 = NULL;
out_disable:
	vfio_pci_core_disable(&gpu->core);
	return ret;
}

static void nvgrace_close_device(struct vfio_device *core_vdev)
{
	struct nvgrace_gpu *gpu = nvgrace_gpu_from_core(core_vdev);

	/* If it does not wake up, closing it does not help. */
	nvgrace_decode_find_bar0(gpu);
	nvgrace_decode_opened(gpu, false);
	nvgrace_memory_failure_close(gpu);
	nvgrace_region_unmap(&gpu->resmem);
	nvgrace_region_unmap(&gpu->usemem);
	/* The core's mapping, which goes with the close. */
	gpu->readiness.bar0 = NULL;
	vfio_pci_core_close_device(core_vdev);
	/* Which has reset the function, as enabling does, but does not tell reset.c. */
	if (gpu->core.reset_works)
		nvgrace_watch_reset(gpu, !gpu->core.needs_reset);
	nvgrace_readiness_restart(gpu);
}

static int nvgrace_plain_open_device(struct vfio_device *core_vdev)
{
	struct nvgrace_gpu *gpu = nvgrace_gpu_from_core(core_vdev);
	int ret;

	ret = enable(&gpu->core);
	if (ret)
		return ret;

	vfio_pci_core_finish_enable(&gpu->core);
	nvgrace_decode_opened(gpu, true);
	return 0;
}

static void nvgrace_plain_close_device(struct vfio_device *core_vdev)
{
	nvgrace_decode_opened(nvgrace_gpu_from_core(core_vdev), false);
	vfio_pci_core_close_device(core_vdev);
}

static ssize_t nvgrace_read(struct vfio_device *core_vdev, char __user *buf, size_t count,
			    loff_t *ppos)
{
	struct nvgrace_gpu *gpu = nvgrace_gpu_from_core(core_vdev);
	unsigned int index = VFIO_PCI_OFFSET_TO_INDEX(*ppos);
	struct nvgrace_region *region = nvgrace_region_find(gpu, index);

	if (region)
		return nvgrace_region_rw(region, buf, count, ppos, false);
	if (index == VFIO_PCI_CONFIG_REGION_INDEX)
		return nvgrace_config_rw(gpu, buf, count, ppos, false);

	return vfio_pci_core_read(core_vdev, buf, count, ppos);
}

static ssize_t nvgrace_write(struct vfio_device *core_vdev, const char __user *buf, size_t count,
			     loff_t *ppos)
{
	struct nvgrace_gpu *gpu = nvgrace_gpu_from_core(core_vdev);
	unsigned int index = VFIO_PCI_OFFSET_TO_INDEX(*ppos);
	struct nvgrace_region *region = nvgrace_region_find(gpu, index);

	if (region)
		return nvgrace_region_rw(region, (char __user *)buf, count, ppos, true);
	if (index == VFIO_PCI_CONFIG_REGION_INDEX)
		return nvgrace_config_rw(gpu, (char __user *)buf, count, ppos, true);

	return vfio_pci_core_write(core_vdev, buf, count, ppos);
}

static int nvgrace_mmap(struct vfio_device *core_vdev, struct vm_area_struct *vma)
{
	struct nvgrace_gpu *gpu = nvgrace_gpu_from_core(core_vdev);
	unsigned int index = vma->vm_pgoff >> (VFIO_PCI_OFFSET_SHIFT - PAGE_SHIFT);
	struct nvgrace_region *region = nvgrace_region_find(gpu, index);

	if (region)
		return nvgrace_region_mmap(region, vma);

	return vfio_pci_core_mmap(core_vdev, vma);
}

static long nvgrace_ioctl(struct vfio_device *core_vdev, unsigned int cmd, unsigned long arg)
{
	struct nvgrace_gpu *gpu = nvgrace_gpu_from_core(core_vdev);

	switch (cmd) {
	case VFIO_DEVICE_IOEVENTFD:
		/* It would write to the physical BARs behind the emulated ones. */
		return -ENOTTY;
	case VFIO_DEVICE_SET_IRQS:
		return nvgrace_msix_set_irqs(gpu, arg);
	case VFIO_DEVICE_RESET:
	case VFIO_DEVICE_PCI_HOT_RESET:
		return nvgrace_reset_ioctl(gpu, cmd, arg);
	default:
		return vfio_pci_core_ioctl(core_vdev, cmd, arg);
	}
}

static int nvgrace_device_feature(struct vfio_device *core_vdev, u32 flags, void __user *arg,
				  size_t argsz)
{
	int ret = vfio_pci_core_ioctl_feature(core_vdev, flags, arg, argsz);

	if (ret || (flags & VFIO_DEVICE_FEATURE_PROBE))
		return ret;

	switch (flags & VFIO_DEVICE_FEATURE_MASK) {
	case VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY:
	case VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY_WITH_WAKEUP:
	case VFIO_DEVICE_FEATURE_LOW_POWER_EXIT:
		/* Without power the link goes down; check when it is back. */
		nvgrace_readiness_restart(nvgrace_gpu_from_core(core_vdev));
		break;
	}

	return 0;
}

const struct vfio_device_ops nvgrace_memory_ops = {
	.name			= "nvgrace-gpu-vfio-pci",
	.init			= vfio_pci_core_init_dev,
	.release		= vfio_pci_core_release_dev,
	.open_device		= nvgrace_open_device,
	.close_device		= nvgrace_close_device,
	.ioctl			= nvgrace_ioctl,
	COMPAT_GET_REGION_INFO_CAPS(nvgrace_region_info)
	.device_feature		= nvgrace_device_feature,
	.read			= nvgrace_read,
	.write			= nvgrace_write,
	.mmap			= nvgrace_mmap,
	.request		= vfio_pci_core_request,
	.match			= vfio_pci_core_match,
	COMPAT_MATCH_TOKEN_UUID
	COMPAT_IOMMUFD_OPS
};

const struct vfio_device_ops nvgrace_plain_ops = {
	.name			= "nvgrace-gpu-vfio-pci-core",
	.init			= vfio_pci_core_init_dev,
	.release		= vfio_pci_core_release_dev,
	.open_device		= nvgrace_plain_open_device,
	.close_device		= nvgrace_plain_close_device,
	.ioctl			= vfio_pci_core_ioctl,
	COMPAT_GET_REGION_INFO_CAPS(vfio_pci_ioctl_get_region_info)
	.device_feature		= vfio_pci_core_ioctl_feature,
	.read			= vfio_pci_core_read,
	.write			= vfio_pci_core_write,
	.mmap			= vfio_pci_core_mmap,
	.request		= vfio_pci_core_request,
	.match			= vfio_pci_core_match,
	COMPAT_MATCH_TOKEN_UUID
	COMPAT_IOMMUFD_OPS
};
