// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory decode: does the function answer in its BARs, whatever became of its
 * registers?  The user decides; and whoever touches BAR0 for the kernel.
 */
#include <linux/pm_runtime.h>

#include "nvgrace_gpu.h"

/**
 * nvgrace_decode_lost_bar0() - is BAR0 somewhere else than the kernel thinks?
 * @pdev: the function
 *
 * Context: any.
 * Return: true also if it does not answer.
 */
bool nvgrace_decode_lost_bar0(struct pci_dev *pdev)
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
 * nvgrace_decode_is_on() - do the function's registers have it answer in BAR0?
 * @pdev: its PCI device
 *
 * They do not after a reset that nobody told of, or whose end it did not hear of.
 * BAR0 and the command are what is restored last.
 *
 * Context: any.
 * Return: false also if it does not answer at all.
 */
bool nvgrace_decode_is_on(struct pci_dev *pdev)
{
	u16 command;

	if (pci_read_config_word(pdev, PCI_COMMAND, &command) || PCI_POSSIBLE_ERROR(command))
		return false;

	return command & PCI_COMMAND_MEMORY && !nvgrace_decode_lost_bar0(pdev);
}

/**
 * nvgrace_decode_forget() - as if the user had turned memory decode off
 * @gpu: the GPU
 *
 * Which is what a reset does: the core lets nobody near a BAR until the user turns
 * it on, and restores the BARs then.
 *
 * Context: holds memory_lock for write, with mappings zapped.
 */
void nvgrace_decode_forget(struct nvgrace_gpu *gpu)
{
	__le16 *command = (__le16 *)&gpu->core.vconfig[PCI_COMMAND];

	if (gpu->is_open)
		*command &= cpu_to_le16(~PCI_COMMAND_MEMORY);
}

static void set_decode(struct pci_dev *pdev, bool on)
{
	u16 command, wanted;

	if (pci_read_config_word(pdev, PCI_COMMAND, &command) || PCI_POSSIBLE_ERROR(command))
		return;

	wanted = on ? command | PCI_COMMAND_MEMORY : command & ~PCI_COMMAND_MEMORY;
	if (wanted != command)
		pci_write_config_word(pdev, PCI_COMMAND, wanted);
}

/**
 * nvgrace_decode_restore() - give the function the registers it had at probe
 * @gpu: the GPU, awake
 *
 * Context: no user gets near a BAR.
 */
void nvgrace_decode_restore(struct nvgrace_gpu *gpu)
{
	struct pci_dev *pdev = gpu->core.pdev;

	if (pci_load_saved_state(pdev, gpu->saved_state))
		return;

	/* The PCI core then restores the MSI-X table, which is in a BAR. */
	if (pdev->msix_enabled)
		pdev->saved_config_space[PCI_COMMAND / sizeof(u32)] |= PCI_COMMAND_MEMORY;
	pci_restore_state(pdev);
}

/**
 * nvgrace_decode_for_restore() - before config space is saved, to be restored
 * @gpu: the GPU
 *
 * The PCI core restores the MSI-X table, which is in a BAR, and decode before that:
 * as it was saved.
 *
 * Context: no user gets near a BAR.
 */
void nvgrace_decode_for_restore(struct nvgrace_gpu *gpu)
{
	struct pci_dev *pdev = gpu->core.pdev;

	if (!pdev->msix_enabled || pdev->current_state != PCI_D0 || !pci_device_is_present(pdev))
		return;

	if (nvgrace_decode_lost_bar0(pdev))
		nvgrace_decode_restore(gpu);
	set_decode(pdev, true);
}

/**
 * nvgrace_decode_as_user_has_it() - after config space was restored
 * @gpu: the GPU
 *
 * Context: no user gets near a BAR.
 */
void nvgrace_decode_as_user_has_it(struct nvgrace_gpu *gpu)
{
	const __le16 *command = (const __le16 *)&gpu->core.vconfig[PCI_COMMAND];

	if (gpu->is_open)
		set_decode(gpu->core.pdev, le16_to_cpu(*command) & PCI_COMMAND_MEMORY);
}

/**
 * nvgrace_decode_init() - prepare a new device
 * @gpu: the GPU
 *
 * Context: probe, before the device is registered, with the BARs as the PCI core
 * has assigned them.
 * Return: 0, or -ENOMEM.
 */
int nvgrace_decode_init(struct nvgrace_gpu *gpu)
{
	struct pci_dev *pdev = gpu->core.pdev;

	pci_save_state(pdev);
	gpu->saved_state = pci_store_saved_state(pdev);

	return gpu->saved_state ? 0 : -ENOMEM;
}

/**
 * nvgrace_decode_enable() - have memory decode on, whoever else has enabled the function
 * @pdev: its PCI device
 *
 * One that is enabled already is not enabled again, and may have lost its command to
 * a reset since.
 *
 * Context: may sleep; nobody has the device.
 * Return: 0 and pci_disable_device() is owed, or why it cannot be enabled.
 */
int nvgrace_decode_enable(struct pci_dev *pdev)
{
	int ret = pci_enable_device(pdev);

	if (!ret)
		set_decode(pdev, true);

	return ret;
}

/**
 * nvgrace_decode_find_bar0() - restore BARs that were lost while nobody looked
 * @gpu: a GPU with memory
 *
 * The core takes the addresses of the BARs from the function when it is opened, and
 * writes to the MSI-X table in one of them.
 *
 * Context: open, close, ioctl; may sleep, and waits for a reset that is under way.
 * Return: 0, or why the device does not wake up.
 */
int nvgrace_decode_find_bar0(struct nvgrace_gpu *gpu)
{
	struct pci_dev *pdev = gpu->core.pdev;
	int ret = pm_runtime_resume_and_get(&pdev->dev);

	if (ret < 0)
		return ret;

	down_write(&gpu->core.memory_lock);
	if (pdev->current_state == PCI_D0 && pci_device_is_present(pdev) &&
	    nvgrace_decode_lost_bar0(pdev)) {
		nvgrace_decode_restore(gpu);
		nvgrace_decode_as_user_has_it(gpu);
	}
	/* The core is to enable it, which then is no more than to count. */
	if (!gpu->is_open && pci_is_enabled(pdev))
		set_decode(pdev, true);
	up_write(&gpu->core.memory_lock);
	pm_runtime_put(&pdev->dev);

	return 0;
}

/**
 * nvgrace_decode_opened() - the device is open, its config space can be used
 * @gpu: the GPU
 * @is_open: false: it will soon not be
 *
 * Context: open and close; waits for a reset that is under way.
 */
void nvgrace_decode_opened(struct nvgrace_gpu *gpu, bool is_open)
{
	down_write(&gpu->core.memory_lock);
	gpu->is_open = is_open;
	up_write(&gpu->core.memory_lock);
}

static int begin_locked(struct nvgrace_gpu *gpu, bool power_state)
{
	if (!pci_device_is_present(gpu->core.pdev))
		return -EIO;

	/* The core saves config space on the way to D3hot, and restores it on the way back. */
	if (power_state)
		nvgrace_decode_for_restore(gpu);

	return 0;
}

/**
 * nvgrace_decode_begin() - the user is to write the command or the power state
 * @gpu: a GPU with memory
 * @power_state: the power state
 *
 * Context: holds decode_lock; sleeps, killable; waits for a reset that is under way.
 * Return: 0 and nvgrace_decode_end() is owed, -EINTR if the task was killed,
 * or -EIO if the function does not answer: the core would think that it heard.
 */
int nvgrace_decode_begin(struct nvgrace_gpu *gpu, bool power_state)
{
	struct pci_dev *pdev = gpu->core.pdev;
	int ret;

	if (pm_runtime_resume_and_get(&pdev->dev) < 0)
		return -EIO;

	ret = down_write_killable(&gpu->core.memory_lock);
	if (ret)
		goto out_put;

	ret = begin_locked(gpu, power_state);
	up_write(&gpu->core.memory_lock);
	if (!ret)
		return 0;

out_put:
	pm_runtime_put(&pdev->dev);
	return ret;
}

/**
 * nvgrace_decode_end() - it is written
 * @gpu: a GPU with memory
 * @power_state: as at the beginning
 *
 * Context: may sleep; waits for a reset that is under way.
 */
void nvgrace_decode_end(struct nvgrace_gpu *gpu, bool power_state)
{
	struct pci_dev *pdev = gpu->core.pdev;

	if (power_state || !nvgrace_decode_is_on(pdev)) {
		compat_zap_and_lock_memory(&gpu->core);
		/* In D3hot nobody gets at a BAR, and the core restores them on the way back. */
		if (pdev->current_state == PCI_D0 && !nvgrace_decode_is_on(pdev))
			nvgrace_decode_forget(gpu);
		if (power_state)
			nvgrace_decode_as_user_has_it(gpu);
		up_write(&gpu->core.memory_lock);
	}
	pm_runtime_put(&pdev->dev);
}
