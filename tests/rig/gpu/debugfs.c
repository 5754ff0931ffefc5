// SPDX-License-Identifier: GPL-2.0-only
/*
 * Control files of the virtual GPUs, for tests: virtual_gpu/ in debugfs, and in
 * it one directory per GPU, named by its PCI address.
 *
 *   link, training            status registers in BAR0, hexadecimal; a write forces
 *                             the value, which then stays until the next reset
 *   mem_info_valid, mem_active  the same for a GPU with a CXL Device DVSEC, 0 or 1
 *   link_ms, train_ms         milliseconds from the end of a reset to readiness,
 *                             -1 for never; used from the next reset on
 *   resets                    number of function resets seen, read-only
 *   reset_fails               1: a reset leaves the function unreachable (all ones)
 *                             until 0 is written
 *   soft_reset                1: D3hot to D0 resets the function (its No_Soft_Reset is
 *                             clear), which drivers look at when they bind
 *   gone                      1: the function is unreachable at once
 *   no_length                 1: the length of the NVIDIA DVSEC reads all ones, as if the
 *                             function were unreachable for that moment
 */
#include <linux/debugfs.h>
#include <linux/limits.h>

#include "virtual_gpu.h"

static struct dentry *vgpu_root;

static int vgpu_register_get(void *data, u64 *value)
{
	struct vgpu_signal *signal = data;

	*value = vgpu_readiness_register(signal->gpu, signal->step);

	return 0;
}

static int vgpu_register_set(void *data, u64 value)
{
	struct vgpu_signal *signal = data;

	if (value > U32_MAX)
		return -EINVAL;
	vgpu_readiness_force_register(signal->gpu, signal->step, value);

	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE(vgpu_register_fops, vgpu_register_get, vgpu_register_set, "0x%llx\n");

static int vgpu_cxl_get(void *data, u64 *value)
{
	struct vgpu_signal *signal = data;

	*value = vgpu_readiness_cxl(signal->gpu, signal->step);

	return 0;
}

static int vgpu_cxl_set(void *data, u64 value)
{
	struct vgpu_signal *signal = data;

	if (value > 1)
		return -EINVAL;
	vgpu_readiness_force_cxl(signal->gpu, signal->step, value);

	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE(vgpu_cxl_fops, vgpu_cxl_get, vgpu_cxl_set, "%llu\n");

static int vgpu_delay_get(void *data, u64 *value)
{
	struct vgpu_signal *signal = data;

	*value = READ_ONCE(signal->delay_ms);

	return 0;
}

static int vgpu_delay_set(void *data, u64 value)
{
	struct vgpu_signal *signal = data;

	if ((s64)value < -1 || (s64)value > INT_MAX)
		return -EINVAL;
	WRITE_ONCE(signal->delay_ms, value);

	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE_SIGNED(vgpu_delay_fops, vgpu_delay_get, vgpu_delay_set, "%lld\n");

static int vgpu_reset_fails_get(void *data, u64 *value)
{
	struct vgpu *gpu = data;

	*value = READ_ONCE(gpu->reset_fails);

	return 0;
}

static int vgpu_reset_fails_set(void *data, u64 value)
{
	if (value > 1)
		return -EINVAL;
	vgpu_reset_set_fails(data, value);

	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE(vgpu_reset_fails_fops, vgpu_reset_fails_get, vgpu_reset_fails_set,
			 "%llu\n");

static int vgpu_soft_reset_get(void *data, u64 *value)
{
	*value = vgpu_config_soft_reset(data);

	return 0;
}

static int vgpu_soft_reset_set(void *data, u64 value)
{
	struct vgpu *gpu = data;
	unsigned long flags;

	if (value > 1)
		return -EINVAL;
	raw_spin_lock_irqsave(&gpu->lock, flags);
	vgpu_config_set_soft_reset(gpu, value);
	raw_spin_unlock_irqrestore(&gpu->lock, flags);

	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE(vgpu_soft_reset_fops, vgpu_soft_reset_get, vgpu_soft_reset_set,
			 "%llu\n");

static int vgpu_gone_get(void *data, u64 *value)
{
	struct vgpu *gpu = data;

	*value = READ_ONCE(gpu->gone);

	return 0;
}

static int vgpu_gone_set(void *data, u64 value)
{
	if (value > 1)
		return -EINVAL;
	vgpu_readiness_set_gone(data, value);

	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE(vgpu_gone_fops, vgpu_gone_get, vgpu_gone_set, "%llu\n");

static int vgpu_no_length_get(void *data, u64 *value)
{
	struct vgpu *gpu = data;

	*value = READ_ONCE(gpu->no_length);

	return 0;
}

static int vgpu_no_length_set(void *data, u64 value)
{
	struct vgpu *gpu = data;

	if (value > 1)
		return -EINVAL;
	WRITE_ONCE(gpu->no_length, value);

	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE(vgpu_no_length_fops, vgpu_no_length_get, vgpu_no_length_set, "%llu\n");

static int vgpu_resets_get(void *data, u64 *value)
{
	struct vgpu *gpu = data;

	*value = READ_ONCE(gpu->resets);

	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE(vgpu_resets_fops, vgpu_resets_get, NULL, "%llu\n");

static void vgpu_add_file(struct dentry *dir, const char *name, umode_t mode, void *data,
			  const struct file_operations *fops)
{
	debugfs_create_file_unsafe(name, mode, dir, data, fops);
}

/**
 * vgpu_debugfs_add() - make the control files of a GPU
 * @gpu: the GPU
 * @name: its PCI address
 */
void vgpu_debugfs_add(struct vgpu *gpu, const char *name)
{
	struct vgpu_signal *link = &gpu->signal[VGPU_LINK];
	struct vgpu_signal *training = &gpu->signal[VGPU_TRAINING];
	struct dentry *dir = debugfs_create_dir(name, vgpu_root);

	vgpu_add_file(dir, "link", 0600, link, &vgpu_register_fops);
	vgpu_add_file(dir, "training", 0600, training, &vgpu_register_fops);
	if (gpu->cxl) {
		vgpu_add_file(dir, "mem_info_valid", 0600, link, &vgpu_cxl_fops);
		vgpu_add_file(dir, "mem_active", 0600, training, &vgpu_cxl_fops);
	}
	vgpu_add_file(dir, "link_ms", 0600, link, &vgpu_delay_fops);
	vgpu_add_file(dir, "train_ms", 0600, training, &vgpu_delay_fops);
	vgpu_add_file(dir, "reset_fails", 0600, gpu, &vgpu_reset_fails_fops);
	vgpu_add_file(dir, "soft_reset", 0600, gpu, &vgpu_soft_reset_fops);
	vgpu_add_file(dir, "gone", 0600, gpu, &vgpu_gone_fops);
	vgpu_add_file(dir, "no_length", 0600, gpu, &vgpu_no_length_fops);
	vgpu_add_file(dir, "resets", 0400, gpu, &vgpu_resets_fops);
}

void vgpu_debugfs_module_init(void)
{
	vgpu_root = debugfs_create_dir(KBUILD_MODNAME, NULL);
	debugfs_create_file("walk", 0600, vgpu_root, NULL, &vgpu_walk_fops);
#ifdef VGPU_IMPORTER
	debugfs_create_file("import", 0600, vgpu_root, NULL, &vgpu_import_fops);
#endif
}

void vgpu_debugfs_module_exit(void)
{
	debugfs_remove(vgpu_root);
}
