// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reset of the function, whoever asked for it: the user by ioctl, the
 * administrator through sysfs, the PCI core by bus reset or to recover from an
 * error.
 */
#include <linux/bits.h>
#include <linux/pm_runtime.h>

#include "nvgrace_gpu.h"
#include "trace.h"

/* Bits of the MSI address that every function with MSI has. */
#define MSI_MARK	GENMASK(15, 2)

/*
 * The PCI core does not tell a driver how a reset went.  So leave a mark that a
 * reset wipes out and the core does not restore: in a register of that kind of
 * interrupts that is disabled, as one of two is.  Nothing looks at it then.
 */
static void choose_mark(struct nvgrace_gpu *gpu)
{
	struct pci_dev *pdev = gpu->core.pdev;

	gpu->reset_mark = 0;
	if (pdev->msi_cap && !pdev->msi_enabled) {
		gpu->reset_mark = MSI_MARK;
		gpu->reset_mark_pos = pdev->msi_cap + PCI_MSI_ADDRESS_LO;
	} else if (pdev->msix_cap && !pdev->msix_enabled) {
		gpu->reset_mark = PCI_MSIX_FLAGS_MASKALL;
		gpu->reset_mark_pos = pdev->msix_cap + PCI_MSIX_FLAGS;
	}
}

/* A function that reads all ones has the mark, too. */
static bool has_mark(struct nvgrace_gpu *gpu)
{
	u16 value;

	pci_read_config_word(gpu->core.pdev, gpu->reset_mark_pos, &value);

	return (value & gpu->reset_mark) == gpu->reset_mark;
}

static void leave_mark(struct nvgrace_gpu *gpu)
{
	struct pci_dev *pdev = gpu->core.pdev;

	choose_mark(gpu);
	if (!gpu->reset_mark)
		return;

	pci_read_config_word(pdev, gpu->reset_mark_pos, &gpu->reset_unmarked);
	pci_write_config_word(pdev, gpu->reset_mark_pos, gpu->reset_unmarked | gpu->reset_mark);
	if (!has_mark(gpu))
		gpu->reset_mark = 0;
}

/* Without a mark, a function that answers counts as one that was reset. */
static bool function_was_reset(struct nvgrace_gpu *gpu)
{
	struct pci_dev *pdev = gpu->core.pdev;
	u32 id;

	if (!gpu->reset_mark)
		return !pci_read_config_dword(pdev, PCI_VENDOR_ID, &id) &&
		       !PCI_POSSIBLE_ERROR(id);
	if (!has_mark(gpu))
		return true;

	pci_write_config_word(pdev, gpu->reset_mark_pos, gpu->reset_unmarked);

	return false;
}

/*
 * From now on the core lets nobody near a BAR, its own ones included: accesses
 * wait, and mappings fault and wait.  That is what the core does itself in the
 * resets that it starts; it is not told of those of others.
 */
static void lock_out_users(struct nvgrace_gpu *gpu)
{
	struct pci_dev *pdev = gpu->core.pdev;
	bool blocked = pdev->block_cfg_access;

	/*
	 * A config write of the user's may have memory_lock and wait for the PCI
	 * core to unblock config space.  Nothing has been done to the function
	 * yet: let that write go first.  Another reset needs the device lock.
	 */
	if (blocked)
		pci_cfg_access_unlock(pdev);
	compat_zap_and_lock_memory(&gpu->core);
	if (blocked)
		pci_cfg_access_lock(pdev);
}

static void reset_prepare(struct pci_dev *pdev)
{
	struct nvgrace_gpu *gpu = nvgrace_gpu_from_pci(pdev);

	gpu->reset_locked = !compat_rwsem_is_mine(&gpu->core.memory_lock);
	if (gpu->reset_locked)
		lock_out_users(gpu);
	/* As the PCI core does next; it may be a reset. */
	pci_set_power_state(pdev, PCI_D0);
	nvgrace_decode_for_restore(gpu);

	if (!nvgrace_gpu_has_memory(gpu))
		return;

	trace_nvgrace_readiness(pdev, NVGRACE_RESETTING);

	down_write(&gpu->readiness.lock);
	WRITE_ONCE(gpu->readiness.state, NVGRACE_RESETTING);
	up_write(&gpu->readiness.lock);

	leave_mark(gpu);
}

static void memory_reset_done(struct nvgrace_gpu *gpu)
{
	bool done = function_was_reset(gpu);

	nvgrace_watch_reset(gpu, done);

	/* A reset ioctl has the result itself, and resets the BARs by it. */
	if (done && READ_ONCE(gpu->reset_task) != current)
		nvgrace_config_reset(gpu);

	down_write(&gpu->readiness.lock);
	WRITE_ONCE(gpu->readiness.state, NVGRACE_PENDING);
	gpu->readiness.since = jiffies;
	up_write(&gpu->readiness.lock);

	trace_nvgrace_readiness(gpu->core.pdev, NVGRACE_PENDING);
}

static void reset_done(struct pci_dev *pdev)
{
	struct nvgrace_gpu *gpu = nvgrace_gpu_from_pci(pdev);

	if (nvgrace_gpu_has_memory(gpu))
		memory_reset_done(gpu);
	/* What the PCI core restored may have been lost. */
	if (!nvgrace_decode_is_on(pdev))
		nvgrace_decode_forget(gpu);
	nvgrace_decode_as_user_has_it(gpu);
	if (gpu->reset_locked)
		up_write(&gpu->core.memory_lock);
}

/* AER and DPC reset the link without reset_prepare() and reset_done(). */
static pci_ers_result_t error_detected(struct pci_dev *pdev, pci_channel_state_t state)
{
	struct nvgrace_gpu *gpu = nvgrace_gpu_from_pci(pdev);

	if (state != pci_channel_io_normal) {
		lock_out_users(gpu);
		nvgrace_decode_forget(gpu);
		up_write(&gpu->core.memory_lock);
		if (nvgrace_gpu_has_memory(gpu))
			nvgrace_readiness_restart(gpu);
	}

	return vfio_pci_core_aer_err_detected(pdev, state);
}

/*
 * After a recovery, with or without a reset: to the user it is one.  The core
 * restores BARs only for a user who turns decode on that was on before.
 */
static void resume(struct pci_dev *pdev)
{
	struct nvgrace_gpu *gpu = nvgrace_gpu_from_pci(pdev);

	down_write(&gpu->core.memory_lock);
	nvgrace_decode_restore(gpu);
	nvgrace_decode_as_user_has_it(gpu);
	up_write(&gpu->core.memory_lock);
	if (!nvgrace_gpu_has_memory(gpu))
		return;
	nvgrace_watch_reset(gpu, true);
	nvgrace_config_reset(gpu);
	nvgrace_readiness_restart(gpu);
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
	.error_detected	= error_detected,
	.resume		= resume,
	.reset_prepare	= reset_prepare,
	.reset_done	= reset_done,
};
