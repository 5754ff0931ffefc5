// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reset of the function, whoever asked for it: the user by ioctl, the
 * administrator through sysfs, the PCI core by bus reset.
 */
#include "nvgrace_gpu.h"
#include "trace.h"

static struct nvgrace_gpu *gpu_from_pci(struct pci_dev *pdev)
{
	struct vfio_pci_core_device *core = dev_get_drvdata(&pdev->dev);

	return container_of(core, struct nvgrace_gpu, core);
}

static void reset_prepare(struct pci_dev *pdev)
{
	struct nvgrace_gpu *gpu = gpu_from_pci(pdev);

	if (!nvgrace_gpu_has_memory(gpu))
		return;

	trace_nvgrace_readiness(pdev, NVGRACE_RESETTING);

	/* Accesses under way end first; those that come now will wait. */
	down_write(&gpu->readiness.lock);
	WRITE_ONCE(gpu->readiness.state, NVGRACE_RESETTING);
	up_write(&gpu->readiness.lock);

	compat_zap_region(&gpu->core, gpu->usemem.index);
	if (gpu->resmem.part.length)
		compat_zap_region(&gpu->core, gpu->resmem.index);
}

/*
 * The PCI core does not tell a driver how a reset went.  A function that came
 * back answers config reads; after one that did not, nothing was reset.
 */
static bool function_answers(struct pci_dev *pdev)
{
	u16 vendor;

	return !pci_read_config_word(pdev, PCI_VENDOR_ID, &vendor) && vendor == pdev->vendor;
}

static void reset_done(struct pci_dev *pdev)
{
	struct nvgrace_gpu *gpu = gpu_from_pci(pdev);

	if (!nvgrace_gpu_has_memory(gpu))
		return;

	/* A reset ioctl has the result itself, and resets the BARs by it. */
	if (READ_ONCE(gpu->reset_task) != current && function_answers(pdev))
		nvgrace_config_reset(gpu);

	down_write(&gpu->readiness.lock);
	WRITE_ONCE(gpu->readiness.state, NVGRACE_PENDING);
	gpu->readiness.since = jiffies;
	up_write(&gpu->readiness.lock);

	trace_nvgrace_readiness(pdev, NVGRACE_PENDING);
}

/**
 * nvgrace_reset_ioctl() - a reset that the user asked for
 * @gpu: a GPU with memory
 * @cmd: VFIO_DEVICE_RESET or VFIO_DEVICE_PCI_HOT_RESET
 * @arg: its argument
 *
 * Context: ioctl.
 * Return: vfio-pci-core's answer.
 */
long nvgrace_reset_ioctl(struct nvgrace_gpu *gpu, unsigned int cmd, unsigned long arg)
{
	long ret;

	/* Two at once: the one that loses this race is judged by reset_done(). */
	WRITE_ONCE(gpu->reset_task, current);
	ret = vfio_pci_core_ioctl(&gpu->core.vdev, cmd, arg);
	cmpxchg(&gpu->reset_task, current, NULL);
	if (!ret)
		nvgrace_config_reset(gpu);

	return ret;
}

const struct pci_error_handlers nvgrace_err_handlers = {
	.error_detected	= vfio_pci_core_aer_err_detected,
	.reset_prepare	= reset_prepare,
	.reset_done	= reset_done,
};
