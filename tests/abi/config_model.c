// SPDX-License-Identifier: GPL-2.0-only
/* A byte by byte model of the emulated BARs (D2). */
#include <linux/pci_regs.h>

#include "config_model.h"

#define BAR_LOW_BITS (PCI_BASE_ADDRESS_MEM_TYPE_64 | \
		      PCI_BASE_ADDRESS_MEM_PREFETCH)

unsigned int config_bar_offset(unsigned int index)
{
	return PCI_BASE_ADDRESS_0 + 4 * index;
}

u64 config_bar_value(const struct config_model *model, unsigned int index)
{
	u64 size = gpu_memory(model->gpu, index)->bar;

	return (model->bar[index] & ~(size - 1)) | BAR_LOW_BITS;
}

/* The emulated BAR that a byte belongs to, 0 if none. */
static unsigned int find_bar(const struct config_model *model,
			     unsigned int offset)
{
	unsigned int index;

	for (index = RESMEM; index <= USEMEM; index += 2) {
		unsigned int start = config_bar_offset(index);

		if (gpu_memory(model->gpu, index) && offset >= start &&
		    offset < start + 8)
			return index;
	}
	return 0;
}

bool config_byte(const struct config_model *model, unsigned int offset,
		 u8 *value)
{
	unsigned int index = find_bar(model, offset);
	unsigned int shift;

	if (!index)
		return false;
	shift = 8 * (offset - config_bar_offset(index));
	*value = config_bar_value(model, index) >> shift;
	return true;
}

void config_model_write(struct config_model *model, unsigned int offset,
			const u8 *bytes, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		unsigned int index = find_bar(model, offset + i);
		unsigned int shift;

		if (!index)
			continue;
		shift = 8 * (offset + i - config_bar_offset(index));
		model->bar[index] &= ~(0xffULL << shift);
		model->bar[index] |= (u64)bytes[i] << shift;
	}
}
