/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What config space must look like: the bytes of the emulated BARs computed
 * here, all others as vfio-pci gives them.
 */
#ifndef ABI_CONFIG_MODEL_H
#define ABI_CONFIG_MODEL_H

#include "gpu.h"
#include "types.h"

/* Config bytes under test: the header and what follows it. */
#define MODEL_BYTES 128

/**
 * struct config_model - emulated BARs as a user must see them
 * @gpu: tells which BARs are emulated, and their sizes
 * @bar: what was written to BAR2 and BAR4, by index
 */
struct config_model {
	const struct gpu *gpu;
	u64 bar[6];
};

/* Config space offset of an emulated BAR. */
unsigned int config_bar_offset(unsigned int index);

/* The 64-bit value a read of an emulated BAR must give. */
u64 config_bar_value(const struct config_model *model, unsigned int index);

/* If the byte is emulated, its value. */
bool config_byte(const struct config_model *model, unsigned int offset,
		 u8 *value);

/* The user writes bytes to config space. */
void config_model_write(struct config_model *model, unsigned int offset,
			const u8 *bytes, size_t count);

#endif
