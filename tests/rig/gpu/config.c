// SPDX-License-Identifier: GPL-2.0-only
/*
 * Configuration space of a virtual GPU: a table of values, reset values and
 * writable bits. The memory behind the BARs is that of ivshmem devices, which
 * bus.c keeps at the addresses that are written here.
 *
 * Callers hold vgpu.lock, except for vgpu_config_init().
 */
#include <linux/sizes.h>
#include <linux/string.h>

#include "virtual_gpu.h"

/* Where the capabilities are */
#define VGPU_PM			0x40
#define VGPU_MSI		0x48
#define VGPU_EXP		0x60
#define VGPU_MSIX		0xb0
#define VGPU_NVIDIA_DVSEC	0x100
#define VGPU_AER		0x140
#define VGPU_CXL_DVSEC		0x200
#define VGPU_AUDIO		0x488	/* not in a capability: see quirk_nvidia_hda() in Linux */

#define VGPU_CLASS_REVISION	0x030200a1	/* 3D controller, revision a1 */
#define VGPU_SUBSYSTEM_ID	0x16eb

#define VGPU_BAR0_SIZE		SZ_16M
#define VGPU_BAR2_SIZE		SZ_64M
#define VGPU_BAR4_SIZE		SZ_32M

/* Where in BAR0 MSI-X has its table and its pending bits */
#define VGPU_MSIX_VECTORS	9
#define VGPU_MSIX_TABLE		0xb90000
#define VGPU_MSIX_PBA		0xba0000

/* NVIDIA DVSEC 3: bit 0 of the word at 0xa is set on parts without the erratum */
#define VGPU_NVIDIA_DVSEC_ID	3
#define VGPU_NVIDIA_DVSEC_SIZE	0x10
#define VGPU_NVIDIA_MIG_FIXED	BIT(0)

/* CXL Device DVSEC, CXL r4.0 8.1.3: one range of memory */
#define VGPU_CXL_VENDOR_ID	0x1e98
#define VGPU_CXL_DVSEC_SIZE	0x3c
#define VGPU_CXL_CAP		0x0a
#define VGPU_CXL_MEM_CAPABLE	BIT(2)
#define VGPU_CXL_ONE_RANGE	BIT(4)
#define VGPU_CXL_SIZE_LOW	0x1c
#define VGPU_CXL_TIMEOUT_SHIFT	13

#define VGPU_BAR_FLAGS		(PCI_BASE_ADDRESS_MEM_TYPE_64 | PCI_BASE_ADDRESS_MEM_PREFETCH)
#define VGPU_LINK_SPEED_WIDTH	(PCI_EXP_LNKSTA_CLS_16_0GB | 16 << PCI_EXP_LNKSTA_NLW_SHIFT)

/* Registers that are the same on every GPU; what is not here reads 0, read-only */
static const struct vgpu_field {
	u16 where;
	u8 size;
	u32 value;
	u32 writable;
} vgpu_fields[] = {
	{ PCI_VENDOR_ID, 2, PCI_VENDOR_ID_NVIDIA },
	{ PCI_COMMAND, 2, 0, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_PARITY |
	  PCI_COMMAND_SERR | PCI_COMMAND_INTX_DISABLE },
	{ PCI_STATUS, 2, PCI_STATUS_CAP_LIST },
	{ PCI_CLASS_REVISION, 4, VGPU_CLASS_REVISION },
	{ PCI_CACHE_LINE_SIZE, 1, 0, 0xff },
	{ PCI_BASE_ADDRESS_0, 4, VGPU_BAR_FLAGS, ~(VGPU_BAR0_SIZE - 1) },
	{ PCI_BASE_ADDRESS_1, 4, 0, U32_MAX },
	{ PCI_BASE_ADDRESS_2, 4, VGPU_BAR_FLAGS, ~(VGPU_BAR2_SIZE - 1) },
	{ PCI_BASE_ADDRESS_3, 4, 0, U32_MAX },
	{ PCI_BASE_ADDRESS_4, 4, VGPU_BAR_FLAGS, ~(VGPU_BAR4_SIZE - 1) },
	{ PCI_BASE_ADDRESS_5, 4, 0, U32_MAX },
	{ PCI_SUBSYSTEM_VENDOR_ID, 2, PCI_VENDOR_ID_NVIDIA },
	{ PCI_SUBSYSTEM_ID, 2, VGPU_SUBSYSTEM_ID },
	{ PCI_CAPABILITY_LIST, 1, VGPU_PM },
	{ PCI_INTERRUPT_LINE, 1, 0, 0xff },

	/* Power management: D0 and D3hot, which loses nothing unless told to */
	{ VGPU_PM, 2, PCI_CAP_ID_PM | VGPU_MSI << 8 },
	{ VGPU_PM + PCI_PM_PMC, 2, 3 },
	{ VGPU_PM + PCI_PM_CTRL, 2, PCI_PM_CTRL_NO_SOFT_RESET, PCI_PM_CTRL_STATE_MASK },

	/* One message-signalled interrupt, which nothing ever sends */
	{ VGPU_MSI, 2, PCI_CAP_ID_MSI | VGPU_EXP << 8 },
	{ VGPU_MSI + PCI_MSI_FLAGS, 2, PCI_MSI_FLAGS_64BIT,
	  PCI_MSI_FLAGS_ENABLE | PCI_MSI_FLAGS_QSIZE },
	{ VGPU_MSI + PCI_MSI_ADDRESS_LO, 4, 0, ~0x3u },
	{ VGPU_MSI + PCI_MSI_ADDRESS_HI, 4, 0, U32_MAX },
	{ VGPU_MSI + PCI_MSI_DATA_64, 2, 0, 0xffff },

	/* PCI Express endpoint with function level reset; 16 GT/s x16 */
	{ VGPU_EXP, 2, PCI_CAP_ID_EXP | VGPU_MSIX << 8 },
	{ VGPU_EXP + PCI_EXP_FLAGS, 2, 2 },
	{ VGPU_EXP + PCI_EXP_DEVCAP, 4, 1 | PCI_EXP_DEVCAP_EXT_TAG | PCI_EXP_DEVCAP_RBER |
	  PCI_EXP_DEVCAP_FLR },
	{ VGPU_EXP + PCI_EXP_DEVCTL, 2, PCI_EXP_DEVCTL_RELAX_EN | PCI_EXP_DEVCTL_NOSNOOP_EN |
	  PCI_EXP_DEVCTL_READRQ_512B, 0xffff ^ PCI_EXP_DEVCTL_BCR_FLR },
	{ VGPU_EXP + PCI_EXP_LNKCAP, 4, VGPU_LINK_SPEED_WIDTH },
	{ VGPU_EXP + PCI_EXP_LNKCTL, 2, 0, PCI_EXP_LNKCTL_RCB | PCI_EXP_LNKCTL_CCC |
	  PCI_EXP_LNKCTL_ES },
	{ VGPU_EXP + PCI_EXP_LNKSTA, 2, VGPU_LINK_SPEED_WIDTH },
	{ VGPU_EXP + PCI_EXP_DEVCTL2, 2, 0, PCI_EXP_DEVCTL2_COMP_TIMEOUT },
	{ VGPU_EXP + PCI_EXP_LNKCAP2, 4, PCI_EXP_LNKCAP2_SLS_2_5GB | PCI_EXP_LNKCAP2_SLS_5_0GB |
	  PCI_EXP_LNKCAP2_SLS_8_0GB | PCI_EXP_LNKCAP2_SLS_16_0GB },
	{ VGPU_EXP + PCI_EXP_LNKCTL2, 2, PCI_EXP_LNKCTL2_TLS_16_0GT, PCI_EXP_LNKCTL2_TLS },

	/* The same interrupts by a table in BAR0 */
	{ VGPU_MSIX, 2, PCI_CAP_ID_MSIX },
	{ VGPU_MSIX + PCI_MSIX_FLAGS, 2, VGPU_MSIX_VECTORS - 1,
	  PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL },
	{ VGPU_MSIX + PCI_MSIX_TABLE, 4, VGPU_MSIX_TABLE },
	{ VGPU_MSIX + PCI_MSIX_PBA, 4, VGPU_MSIX_PBA },

	/* Error reporting; what is fatal is as the specification has it after a reset */
	{ VGPU_AER + PCI_ERR_UNCOR_MASK, 4, 0, U32_MAX },
	{ VGPU_AER + PCI_ERR_UNCOR_SEVER, 4, 0x00462030, U32_MAX },
	{ VGPU_AER + PCI_ERR_COR_MASK, 4, 0x00002000, U32_MAX },

	/* Audio function enabled: Linux enables it, with a message, at each reset if not */
	{ VGPU_AUDIO, 4, BIT(25) },
};

static void vgpu_put(u8 *bytes, int size, u32 value)
{
	for (int i = 0; i < size; i++)
		bytes[i] = value >> 8 * i;
}

static u32 vgpu_get(const u8 *bytes, int size)
{
	u32 value = 0;

	for (int i = 0; i < size; i++)
		value |= (u32)bytes[i] << 8 * i;

	return value;
}

static void vgpu_put_dvsec(u8 *bytes, u16 vendor, u16 id, u16 length, u16 next)
{
	vgpu_put(bytes, 4, PCI_EXT_CAP_ID_DVSEC | 1 << 16 | next << 20);
	vgpu_put(bytes + PCI_DVSEC_HEADER1, 4, vendor | length << 20);
	vgpu_put(bytes + PCI_DVSEC_HEADER2, 2, id);
}

/**
 * vgpu_config_init() - fill in the configuration space of a GPU
 * @gpu: identity, erratum and readiness method decide what is in it
 */
void vgpu_config_init(struct vgpu *gpu)
{
	struct vgpu_config *config = &gpu->config;
	u8 *initial = config->initial;

	for (int i = 0; i < ARRAY_SIZE(vgpu_fields); i++) {
		const struct vgpu_field *field = &vgpu_fields[i];

		vgpu_put(initial + field->where, field->size, field->value);
		vgpu_put(config->writable + field->where, field->size, field->writable);
	}

	vgpu_put(initial + PCI_DEVICE_ID, 2, gpu->device_id);

	vgpu_put_dvsec(initial + VGPU_NVIDIA_DVSEC, PCI_VENDOR_ID_NVIDIA, VGPU_NVIDIA_DVSEC_ID,
		       VGPU_NVIDIA_DVSEC_SIZE, VGPU_AER);
	vgpu_put(initial + VGPU_AER, 4, PCI_EXT_CAP_ID_ERR | 2 << 16 |
		 (gpu->cxl ? VGPU_CXL_DVSEC : 0) << 20);
	vgpu_put(initial + VGPU_NVIDIA_DVSEC + 0xa, 2, gpu->erratum ? 0 : VGPU_NVIDIA_MIG_FIXED);

	if (gpu->cxl) {
		u8 *dvsec = initial + VGPU_CXL_DVSEC;

		vgpu_put_dvsec(dvsec, VGPU_CXL_VENDOR_ID, 0, VGPU_CXL_DVSEC_SIZE, 0);
		vgpu_put(dvsec + VGPU_CXL_CAP, 2, VGPU_CXL_MEM_CAPABLE | VGPU_CXL_ONE_RANGE);
		vgpu_put(dvsec + VGPU_CXL_SIZE_LOW, 4, gpu->cxl_timeout << VGPU_CXL_TIMEOUT_SHIFT);
	}

	memcpy(config->value, initial, sizeof(config->value));
}

/**
 * vgpu_config_reset() - what a reset of the function does to its registers
 * @gpu: the GPU
 */
void vgpu_config_reset(struct vgpu *gpu)
{
	memcpy(gpu->config.value, gpu->config.initial, sizeof(gpu->config.value));
}

u32 vgpu_config_read(const struct vgpu *gpu, int where, int size)
{
	if (where + size > VGPU_CONFIG_SIZE ||
	    (gpu->no_length && where == VGPU_NVIDIA_DVSEC + PCI_DVSEC_HEADER1))
		return GENMASK(8 * size - 1, 0);

	return vgpu_get(gpu->config.value + where, size);
}

static bool vgpu_overlaps(int where, int size, int reg, int reg_size)
{
	return where < reg + reg_size && reg < where + size;
}

/**
 * vgpu_config_write() - let software write to configuration space
 * @gpu: the GPU
 * @where: first byte
 * @size: bytes
 * @value: what is written, little endian
 *
 * Return: what the write asks for, VGPU_CONFIG_* flags.
 */
unsigned int vgpu_config_write(struct vgpu *gpu, int where, int size, u32 value)
{
	struct vgpu_config *config = &gpu->config;
	const int pm_ctrl = VGPU_PM + PCI_PM_CTRL;
	const int flr_byte = VGPU_EXP + PCI_EXP_DEVCTL + 1;
	u8 power_before = config->value[pm_ctrl], power;
	unsigned int asks = 0;

	for (int i = 0; i < size; i++) {
		u8 writable = config->writable[where + i];
		u8 byte = value >> 8 * i;

		config->value[where + i] &= ~writable;
		config->value[where + i] |= byte & writable;

		if (where + i == flr_byte && byte & (PCI_EXP_DEVCTL_BCR_FLR >> 8))
			asks |= VGPU_CONFIG_RESET;
	}

	/* A write of a power state that the function does not have is dropped */
	power = config->value[pm_ctrl] & PCI_PM_CTRL_STATE_MASK;
	if (power == 1 || power == 2)
		config->value[pm_ctrl] = power_before;
	if (!power && (power_before & PCI_PM_CTRL_STATE_MASK) &&
	    !(power_before & PCI_PM_CTRL_NO_SOFT_RESET))
		asks |= VGPU_CONFIG_RESET;

	if (vgpu_overlaps(where, size, PCI_COMMAND, 2) ||
	    vgpu_overlaps(where, size, PCI_BASE_ADDRESS_0, 8 * VGPU_BARS) ||
	    vgpu_overlaps(where, size, pm_ctrl, 2))
		asks |= VGPU_CONFIG_DECODE;

	return asks;
}

/**
 * vgpu_config_set_soft_reset() - what D3hot to D0 does
 * @gpu: the GPU
 * @on: it is a reset of the function
 */
void vgpu_config_set_soft_reset(struct vgpu *gpu, bool on)
{
	const int pm_ctrl = VGPU_PM + PCI_PM_CTRL;
	struct vgpu_config *config = &gpu->config;

	vgpu_put(&config->initial[pm_ctrl], 1, on ? 0 : PCI_PM_CTRL_NO_SOFT_RESET);
	config->value[pm_ctrl] &= ~PCI_PM_CTRL_NO_SOFT_RESET;
	config->value[pm_ctrl] |= config->initial[pm_ctrl];
}

bool vgpu_config_soft_reset(const struct vgpu *gpu)
{
	return !(gpu->config.initial[VGPU_PM + PCI_PM_CTRL] & PCI_PM_CTRL_NO_SOFT_RESET);
}

/**
 * vgpu_config_bar() - the address a BAR has been given
 * @gpu: the GPU
 * @index: 0, 1 or 2, for BAR0, BAR2 or BAR4
 *
 * Return: a PCI bus address.
 */
u64 vgpu_config_bar(const struct vgpu *gpu, unsigned int index)
{
	const u8 *bar = gpu->config.value + PCI_BASE_ADDRESS_0 + 8 * index;

	return (u64)vgpu_get(bar + 4, 4) << 32 | (vgpu_get(bar, 4) & PCI_BASE_ADDRESS_MEM_MASK);
}

/**
 * vgpu_config_decode() - what the function answers to and may start
 * @gpu: the GPU
 *
 * Below D0 it does neither, whatever the command register says.
 *
 * Return: PCI_COMMAND_MEMORY and PCI_COMMAND_MASTER bits in effect.
 */
u16 vgpu_config_decode(const struct vgpu *gpu)
{
	const u8 *value = gpu->config.value;

	if (value[VGPU_PM + PCI_PM_CTRL] & PCI_PM_CTRL_STATE_MASK)
		return 0;

	return vgpu_get(value + PCI_COMMAND, 2) & (PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
}

/* MEM_INFO_VALID and MEM_ACTIVE are in the order of enum vgpu_step */
bool vgpu_config_cxl_get(const struct vgpu *gpu, enum vgpu_step step)
{
	return gpu->config.value[VGPU_CXL_DVSEC + VGPU_CXL_SIZE_LOW] & BIT(step);
}

void vgpu_config_cxl_set(struct vgpu *gpu, enum vgpu_step step, bool on)
{
	u8 *byte = gpu->config.value + VGPU_CXL_DVSEC + VGPU_CXL_SIZE_LOW;

	*byte &= ~BIT(step);
	if (on)
		*byte |= BIT(step);
}
