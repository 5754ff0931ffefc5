// SPDX-License-Identifier: GPL-2.0-only
/*
 * MSI-X: its table is in BAR0.  The kernel writes to it when interrupts are set, and
 * when config space is restored, whether or not the function answers there just then.
 */
#include <linux/pm.h>

#include "nvgrace_gpu.h"

/* The core's, the same for all its drivers. */
static const struct dev_pm_ops *core_pm;

static int msix_runtime_suspend(struct device *dev)
{
	struct nvgrace_gpu *gpu = nvgrace_gpu_from_pci(to_pci_dev(dev));
	int ret = core_pm->runtime_suspend(dev);

	if (ret)
		return ret;

	/* The PCI core saves config space next. */
	down_write(&gpu->core.memory_lock);
	nvgrace_decode_for_restore(gpu);
	up_write(&gpu->core.memory_lock);

	return 0;
}

static int msix_runtime_resume(struct device *dev)
{
	struct nvgrace_gpu *gpu = nvgrace_gpu_from_pci(to_pci_dev(dev));

	down_write(&gpu->core.memory_lock);
	nvgrace_decode_as_user_has_it(gpu);
	up_write(&gpu->core.memory_lock);

	return core_pm->runtime_resume(dev);
}

static const struct dev_pm_ops msix_pm = {
	.runtime_suspend	= msix_runtime_suspend,
	.runtime_resume		= msix_runtime_resume,
};

/**
 * nvgrace_msix_init() - keep the MSI-X table within reach over a sleep
 * @gpu: the GPU
 *
 * Context: probe, after the device is registered: that gives the driver the core's
 * functions each time.
 */
void nvgrace_msix_init(struct nvgrace_gpu *gpu)
{
	struct device_driver *driver = gpu->core.pdev->dev.driver;
	/* Once: the probe of another GPU may be here, too. */
	const struct dev_pm_ops *pm = READ_ONCE(driver->pm);

	if (!IS_ENABLED(CONFIG_PM) || pm == &msix_pm)
		return;

	core_pm = pm;
	WRITE_ONCE(driver->pm, &msix_pm);
}

/**
 * nvgrace_msix_set_irqs() - VFIO_DEVICE_SET_IRQS
 * @gpu: a GPU with memory
 * @arg: its argument
 *
 * Context: ioctl.
 * Return: vfio-pci-core's answer, -EINTR if the task was killed, or -EIO while the user
 * has MSI-X enabled and the device in D3hot, where its table is not.
 */
long nvgrace_msix_set_irqs(struct nvgrace_gpu *gpu, unsigned long arg)
{
	struct pci_dev *pdev = gpu->core.pdev;
	long ret = mutex_lock_killable(&gpu->decode_lock);

	if (ret)
		return ret;

	ret = nvgrace_decode_find_bar0(gpu);
	if (!ret && pdev->msix_enabled && pdev->current_state != PCI_D0)
		ret = -EIO;
	if (!ret)
		ret = vfio_pci_core_ioctl(&gpu->core.vdev, VFIO_DEVICE_SET_IRQS, arg);
	mutex_unlock(&gpu->decode_lock);

	return ret;
}
