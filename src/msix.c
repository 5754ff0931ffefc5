// SPDX-License-Identifier: GPL-2.0-only
/*
 * MSI-X: its table is in BAR0.  The kernel writes to it when interrupts are set, and
 * when config space is restored, whether or not the function answers there just then.
 */
#include <linux/pagemap.h>
#include <linux/pm.h>
#include <linux/uaccess.h>

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

/* PCI 3.0, 6.8.2: the most that a table can have. */
#define VECTORS_MAX		2048

/* How often the user's memory may go away again before it counts as not there. */
#define FAULT_IN_TRIES		10

/* What the core reads of the user's memory. */
static int fault_in_irq_set(const void __user *arg)
{
	const struct vfio_irq_set __user *user = arg;
	struct vfio_irq_set set;
	size_t size = 0;

	if (copy_from_user(&set, user, sizeof(set)))
		return -EFAULT;

	if (set.flags & VFIO_IRQ_SET_DATA_EVENTFD)
		size = sizeof(s32);
	else if (set.flags & VFIO_IRQ_SET_DATA_BOOL)
		size = sizeof(u8);

	return fault_in_readable(user->data, min(set.count, VECTORS_MAX) * size) ? -EFAULT : 0;
}

/* Not waiting for the user's memory: then others would wait for it, too. */
static long set_irqs(struct nvgrace_gpu *gpu, unsigned long arg)
{
	struct pci_dev *pdev = gpu->core.pdev;
	long ret;

	lockdep_assert_held(&gpu->core.vdev.dev_set->lock);
	lockdep_assert_held(&gpu->decode_lock);

	/*
	 * Where MSIs have to be mapped, the kernel's ITS loses vectors that it could not map,
	 * for good: no user would have any more.
	 */
	if (compat_is_detached(&gpu->core.vdev))
		return -EINVAL;

	ret = nvgrace_decode_find_bar0(gpu);
	if (ret)
		return ret;

	if (pdev->msix_enabled && pdev->current_state != PCI_D0)
		return -EIO;

	pagefault_disable();
	ret = vfio_pci_core_ioctl(&gpu->core.vdev, VFIO_DEVICE_SET_IRQS, arg);
	pagefault_enable();

	return ret;
}

static long set_irqs_attached(struct nvgrace_gpu *gpu, unsigned long arg)
{
	/* Whoever attaches and detaches the device has it. */
	struct mutex *attach_lock = &gpu->core.vdev.dev_set->lock;
	long ret = mutex_lock_killable(attach_lock);

	if (ret)
		return ret;

	ret = mutex_lock_killable(&gpu->decode_lock);
	if (!ret) {
		ret = set_irqs(gpu, arg);
		mutex_unlock(&gpu->decode_lock);
	}
	mutex_unlock(attach_lock);

	return ret;
}

/**
 * nvgrace_msix_set_irqs() - VFIO_DEVICE_SET_IRQS
 * @gpu: a GPU with memory
 * @arg: its argument
 *
 * Context: ioctl.
 * Return: vfio-pci-core's answer, -EINTR if the task was killed, -EINVAL while the device is in
 * an iommufd and not attached to anything there, or -EIO while the user has MSI-X enabled and
 * the device in D3hot, where its table is not.
 */
long nvgrace_msix_set_irqs(struct nvgrace_gpu *gpu, unsigned long arg)
{
	unsigned int tries = FAULT_IN_TRIES;
	long ret;

	do {
		ret = fault_in_irq_set((void __user *)arg);
		if (ret)
			return ret;

		ret = set_irqs_attached(gpu, arg);
	} while (ret == -EFAULT && --tries);

	return ret;
}
