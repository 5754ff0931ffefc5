// SPDX-License-Identifier: GPL-2.0-only
/*
 * What firmware and config space say about the GPU memory.
 */
#include <linux/ioport.h>
#include <linux/property.h>
#include <linux/string_helpers.h>

#include "nvgrace_gpu.h"

/* _DSD device properties of the GPU's ACPI node, both u64, in bytes. */
#define PROPERTY_BASE	"nvidia,gpu-mem-base-pa"
#define PROPERTY_SIZE	"nvidia,gpu-mem-size"

/*
 * NVIDIA's DVSEC with the part's features: a 16-bit word at NVIDIA_DVSEC_WORD
 * has bit 0 set where the MIG erratum is fixed.
 */
#define NVIDIA_DVSEC_ID			3
#define NVIDIA_DVSEC_WORD		0xa
#define NVIDIA_DVSEC_MIG_FIXED		BIT(0)

/* The split's complaints, in the user's terms; %s is the property's name. */
static const struct {
	const char *property;
	const char *why;
	int error;
} refusals[] = {
	[NVGRACE_SPLIT_SIZE_ZERO] = {
		PROPERTY_SIZE, "is zero: the C2C link to the GPU is down", -ENOMEM
	},
	[NVGRACE_SPLIT_SIZE_UNALIGNED] = {
		PROPERTY_SIZE, "is not a multiple of the page size", -EINVAL
	},
	[NVGRACE_SPLIT_BASE_UNALIGNED] = {
		PROPERTY_BASE, "is not a multiple of the page size", -EINVAL
	},
	[NVGRACE_SPLIT_WRAPS] = {
		PROPERTY_SIZE, "reaches past the end of the address space", -EOVERFLOW
	},
	[NVGRACE_SPLIT_TOO_HIGH] = {
		PROPERTY_BASE, "puts the memory above what this CPU can address", -EOVERFLOW
	},
	[NVGRACE_SPLIT_TOO_LARGE] = {
		PROPERTY_SIZE, "needs a BAR larger than a VFIO region can be (1 TiB)", -EOVERFLOW
	},
	[NVGRACE_SPLIT_NO_USEMEM] = {
		PROPERTY_SIZE, "leaves no usable memory behind 1 GiB of resmem", -EINVAL
	},
};

static int read_property(struct pci_dev *pdev, const char *name, u64 *value)
{
	/* The first of several integers could be read as well, but is not meant. */
	if (device_property_count_u64(&pdev->dev, name) <= 1 &&
	    !device_property_read_u64(&pdev->dev, name, value))
		return 0;

	pci_err(pdev, "firmware property %s is not a single 64-bit integer\n", name);
	return -EINVAL;
}

/* 1: both read, 0: firmware has neither, else an error that has been reported. */
static int read_properties(struct pci_dev *pdev, u64 *base, u64 *size)
{
	bool has_base = device_property_present(&pdev->dev, PROPERTY_BASE);
	bool has_size = device_property_present(&pdev->dev, PROPERTY_SIZE);
	int ret;

	if (!has_base && !has_size)
		return 0;

	if (!has_base || !has_size) {
		pci_err(pdev, "firmware has the property %s but not %s\n",
			has_base ? PROPERTY_BASE : PROPERTY_SIZE,
			has_base ? PROPERTY_SIZE : PROPERTY_BASE);
		return -EINVAL;
	}

	ret = read_property(pdev, PROPERTY_BASE, base);
	if (!ret)
		ret = read_property(pdev, PROPERTY_SIZE, size);

	return ret ?: 1;
}

static bool has_mig_erratum(struct pci_dev *pdev)
{
	u16 dvsec = pci_find_dvsec_capability(pdev, PCI_VENDOR_ID_NVIDIA, NVIDIA_DVSEC_ID);
	u16 word;

	if (!dvsec)
		return true;
	if (pci_read_config_word(pdev, dvsec + NVIDIA_DVSEC_WORD, &word) ||
	    PCI_POSSIBLE_ERROR(word))
		return true;

	return !(word & NVIDIA_DVSEC_MIG_FIXED);
}

/*
 * Memory that Linux uses must never reach a guest.  It is there when a GPU
 * driver has onlined it and it was not taken offline again.
 */
static int check_not_system_ram(struct pci_dev *pdev, u64 base, u64 size)
{
	if (region_intersects(base, size, IORESOURCE_SYSTEM_RAM, IORES_DESC_NONE) ==
	    REGION_DISJOINT)
		return 0;

	pci_err(pdev, "GPU memory [%#llx-%#llx] is in use as System RAM: take it offline first\n",
		base, base + size - 1);
	return -EBUSY;
}

/**
 * nvgrace_firmware_read() - find the GPU's memory and split it
 * @pdev: the GPU
 * @split: the result; all zero if firmware describes no memory
 * @mig_erratum: whether the part needs resmem
 *
 * Every refusal is logged with what was read and why it will not do.
 *
 * Context: probe, may sleep.
 * Return: 0, -ENOMEM if the size is zero, -EOVERFLOW if the memory does not
 * fit, -EINVAL if it is malformed, -EBUSY if Linux uses it.
 */
int nvgrace_firmware_read(struct pci_dev *pdev, struct nvgrace_memory_split *split,
			  bool *mig_erratum)
{
	struct nvgrace_memory_input in = {
		.page_size = PAGE_SIZE,
		.address_end = 1ull << PHYS_MASK_SHIFT,
		.bar_limit = VFIO_PCI_OFFSET_MASK + 1,
	};
	enum nvgrace_split_status status;
	int ret;

	memset(split, 0, sizeof(*split));
	*mig_erratum = has_mig_erratum(pdev);

	ret = read_properties(pdev, &in.base, &in.size);
	if (ret <= 0)
		return ret;

	in.mig_erratum = *mig_erratum;
	status = nvgrace_memory_split(&in, split);
	if (status != NVGRACE_SPLIT_OK) {
		pci_err(pdev, "firmware says GPU memory base %#llx size %#llx: %s %s\n",
			in.base, in.size, refusals[status].property, refusals[status].why);
		return refusals[status].error;
	}

	return check_not_system_ram(pdev, in.base, in.size);
}

/**
 * nvgrace_firmware_report() - tell the log about the memory, in human units
 * @pdev: the GPU
 * @split: its memory
 *
 * Context: any that may log.
 */
void nvgrace_firmware_report(struct pci_dev *pdev, const struct nvgrace_memory_split *split)
{
	char usemem[16], resmem[16], usemem_bar[16], resmem_bar[16];

	string_get_size(split->usemem.length, 1, STRING_UNITS_2, usemem, sizeof(usemem));
	string_get_size(split->usemem.bar_size, 1, STRING_UNITS_2, usemem_bar, sizeof(usemem_bar));
	if (!split->resmem.length) {
		pci_info(pdev, "GPU memory at %#llx: usemem %s in a %s BAR4, no resmem\n",
			 split->usemem.base, usemem, usemem_bar);
		return;
	}

	string_get_size(split->resmem.length, 1, STRING_UNITS_2, resmem, sizeof(resmem));
	string_get_size(split->resmem.bar_size, 1, STRING_UNITS_2, resmem_bar, sizeof(resmem_bar));
	pci_info(pdev, "GPU memory at %#llx: usemem %s in a %s BAR4, resmem %s in a %s BAR2\n",
		 split->usemem.base, usemem, usemem_bar, resmem, resmem_bar);
}
