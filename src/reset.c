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

/**
 * nvgrace_reset_lost_bar0() - is BAR0 somewhere else than the kernel thinks?
 * @pdev: the function
 *
 * Context: any.
 * Return: true also if it does not answer.
 */
bool nvgrace_reset_lost_bar0(struct pci_dev *pdev)
{
	pci_bus_addr_t address = pci_bus_address(pdev, 0);
	u32 low = 0, high = 0;

	pci_read_config_dword(pdev, PCI_BASE_ADDRESS_0, &low);
	if (pci_resource_flags(pdev, 0) & IORESOURCE_MEM_64)
		pci_read_config_dword(pdev, PCI_BASE_ADDRESS_1, &high);
	else
		high = upper_32_bits(address);

	return (low & PCI_BASE_ADDRESS_MEM_MASK) != lower_32_bits(address) ||
	       high != upper_32_bits(address);
}

/**
 * nvgrace_reset_has_decode() - do the function's registers have it answer in BAR0?
 * @pdev: its PCI device
 *
 * They do not after a reset that nobody told of, or whose end it did not hear of.
 * BAR0 and the command are what is restored last.
 *
 * Context: any.
 * Return: false also if it does not answer at all.
 */
bool nvgrace_reset_has_decode(struct pci_dev *pdev)
{
	u16 command;

	if (pci_read_config_word(pdev, PCI_COMMAND, &command) || PCI_POSSIBLE_ERROR(command))
		return false;

	return command & PCI_COMMAND_MEMORY && !nvgrace_reset_lost_bar0(pdev);
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

/*
 * As if the user had turned memory decode off, which is what a reset does: the
 * core lets nobody near a BAR until the user turns it on, and restores the BARs
 * then.  Needs what lock_out_users() does.
 */
static void forget_decode(struct nvgrace_gpu *gpu)
{
	__le16 *command = (__le16 *)&gpu->core.vconfig[PCI_COMMAND];

	if (gpu->is_open)
		*command &= cpu_to_le16(~PCI_COMMAND_MEMORY);
}

static void reset_done(struct pci_dev *pdev)
{
	struct nvgrace_gpu *gpu = nvgrace_gpu_from_pci(pdev);

	if (nvgrace_gpu_has_memory(gpu))
		memory_reset_done(gpu);
	/* What the PCI core restored may have been lost. */
	if (!nvgrace_reset_has_decode(pdev))
		forget_decode(gpu);
	if (gpu->reset_locked)
		up_write(&gpu->core.memory_lock);
}

/* AER and DPC reset the link without reset_prepare() and reset_done(). */
static pci_ers_result_t error_detected(struct pci_dev *pdev, pci_channel_state_t state)
{
	struct nvgrace_gpu *gpu = nvgrace_gpu_from_pci(pdev);

	if (state != pci_channel_io_normal) {
		lock_out_users(gpu);
		forget_decode(gpu);
		up_write(&gpu->core.memory_lock);
		if (nvgrace_gpu_has_memory(gpu))
			nvgrace_readiness_restart(gpu);
	}

	return vfio_pci_core_aer_err_detected(pdev, state);
}

static void restore_saved(struct nvgrace_gpu *gpu)
{
	if (!pci_load_saved_state(gpu->core.pdev, gpu->saved_state))
		pci_restore_state(gpu->core.pdev);
}

/*
 * After a recovery, with or without a reset: to the user it is one.  The core
 * restores BARs only for a user who turns decode on that was on before.
 */
static void resume(struct pci_dev *pdev)
{
	struct nvgrace_gpu *gpu = nvgrace_gpu_from_pci(pdev);

	restore_saved(gpu);
	if (!nvgrace_gpu_has_memory(gpu))
		return;
	nvgrace_watch_reset(gpu, true);
	nvgrace_config_reset(gpu);
	nvgrace_readiness_restart(gpu);
}

/**
 * nvgrace_reset_init() - prepare a new device
 * @gpu: the GPU
 *
 * Context: probe, before the device is registered, with the BARs as the PCI core
 * has assigned them.
 * Return: 0, or -ENOMEM.
 */
int nvgrace_reset_init(struct nvgrace_gpu *gpu)
{
	struct pci_dev *pdev = gpu->core.pdev;

	pci_save_state(pdev);
	gpu->saved_state = pci_store_saved_state(pdev);

	return gpu->saved_state ? 0 : -ENOMEM;
}

/**
 * nvgrace_reset_open() - a device is to be opened
 * @gpu: a GPU with memory
 *
 * The core takes the addresses of the BARs from the function: see that they are there.
 *
 * Context: open; may sleep, and waits for a reset that is under way.
 * Return: 0, or why the device does not wake up.
 */
int nvgrace_reset_open(struct nvgrace_gpu *gpu)
{
	struct pci_dev *pdev = gpu->core.pdev;
	int ret = pm_runtime_resume_and_get(&pdev->dev);

	if (ret < 0)
		return ret;

	down_write(&gpu->core.memory_lock);
	if (nvgrace_reset_lost_bar0(pdev))
		restore_saved(gpu);
	up_write(&gpu->core.memory_lock);
	pm_runtime_put(&pdev->dev);

	return 0;
}

/**
 * nvgrace_reset_opened() - the device is open, its config space can be used
 * @gpu: the GPU
 * @is_open: false: it will soon not be
 *
 * Context: open and close; waits for a reset that is under way.
 */
void nvgrace_reset_opened(struct nvgrace_gpu *gpu, bool is_open)
{
	down_write(&gpu->core.memory_lock);
	gpu->is_open = is_open;
	up_write(&gpu->core.memory_lock);
}

/**
 * nvgrace_reset_decode_begin() - the user is to write the command or the power state
 * @gpu: a GPU with memory
 *
 * Context: sleeps, killable; waits for a reset that is under way.
 * Return: 0 and nvgrace_reset_decode_end() is owed, -EINTR if the task was killed,
 * or -EIO if the function does not answer: the core would think that it heard.
 */
int nvgrace_reset_decode_begin(struct nvgrace_gpu *gpu)
{
	struct pci_dev *pdev = gpu->core.pdev;
	int ret;

	if (pm_runtime_resume_and_get(&pdev->dev) < 0)
		return -EIO;

	ret = down_read_killable(&gpu->core.memory_lock);
	if (ret)
		goto out_put;

	if (!pci_device_is_present(pdev))
		ret = -EIO;
	up_read(&gpu->core.memory_lock);
	if (!ret)
		return 0;

out_put:
	pm_runtime_put(&pdev->dev);
	return ret;
}

/**
 * nvgrace_reset_decode_end() - it is written
 * @gpu: a GPU with memory
 *
 * Context: may sleep; waits for a reset that is under way.
 */
void nvgrace_reset_decode_end(struct nvgrace_gpu *gpu)
{
	struct pci_dev *pdev = gpu->core.pdev;

	if (!nvgrace_reset_has_decode(pdev)) {
		compat_zap_and_lock_memory(&gpu->core);
		/* In D3hot nobody gets at a BAR, and the core restores them on the way back. */
		if (pdev->current_state == PCI_D0 && !nvgrace_reset_has_decode(pdev))
			forget_decode(gpu);
		up_write(&gpu->core.memory_lock);
	}
	pm_runtime_put(&pdev->dev);
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
