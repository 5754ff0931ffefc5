// SPDX-License-Identifier: GPL-2.0-only
/*
 * Config space: the fake BARs in BAR2..BAR5, vfio-pci-core for the rest.
 */
#include <linux/uaccess.h>

#include "nvgrace_gpu.h"
#include "range.h"

#define RESMEM_BAR_POS	PCI_BASE_ADDRESS_2
#define USEMEM_BAR_POS	PCI_BASE_ADDRESS_4
#define FAKE_BARS_END	(USEMEM_BAR_POS + NVGRACE_FAKE_BAR_BYTES)

/* Without resmem BAR2/3 are the physical ones. */
static u64 fake_bars_start(const struct nvgrace_gpu *gpu)
{
	return gpu->resmem.part.length ? RESMEM_BAR_POS : USEMEM_BAR_POS;
}

/* The part of an access to fake BARs that one of them takes. */
static void one_bar(struct nvgrace_fake_bar *bar, u64 bar_pos, u64 pos, u8 *bytes, size_t count,
		    bool is_write)
{
	struct nvgrace_span span = nvgrace_span_cut(pos, count, bar_pos,
						    bar_pos + NVGRACE_FAKE_BAR_BYTES);
	unsigned int offset = pos + span.before - bar_pos;

	if (!span.inside)
		return;
	if (is_write)
		nvgrace_fake_bar_write(bar, offset, span.inside, bytes + span.before);
	else
		nvgrace_fake_bar_read(bar, offset, span.inside, bytes + span.before);
}

/* All bytes of the access in one critical section: no reader sees half a BAR. */
static void fake_bars_access(struct nvgrace_gpu *gpu, u64 pos, u8 *bytes, size_t count,
			     bool is_write)
{
	spin_lock(&gpu->fake_bar_lock);
	if (gpu->resmem.part.length)
		one_bar(&gpu->resmem_bar, RESMEM_BAR_POS, pos, bytes, count, is_write);
	one_bar(&gpu->usemem_bar, USEMEM_BAR_POS, pos, bytes, count, is_write);
	spin_unlock(&gpu->fake_bar_lock);
}

static ssize_t fake_bars_rw(struct nvgrace_gpu *gpu, char __user *buf, size_t count, u64 pos,
			    bool is_write)
{
	u8 bytes[FAKE_BARS_END - RESMEM_BAR_POS];

	if (is_write && copy_from_user(bytes, buf, count))
		return -EFAULT;

	fake_bars_access(gpu, pos, bytes, count, is_write);

	if (!is_write && copy_to_user(buf, bytes, count))
		return -EFAULT;

	return count;
}

static ssize_t core_rw(struct nvgrace_gpu *gpu, char __user *buf, size_t count, loff_t *ppos,
		       bool is_write)
{
	if (is_write)
		return vfio_pci_core_write(&gpu->core.vdev, buf, count, ppos);

	return vfio_pci_core_read(&gpu->core.vdev, buf, count, ppos);
}

/*
 * One step of an access that touches the fake BARs: all of its bytes that are
 * emulated, or one register's worth of those that are not.  The core forgets
 * how far it came when it fails, so it is given no more than it does at once.
 */
static ssize_t config_step(struct nvgrace_gpu *gpu, char __user *buf, size_t count, loff_t *ppos,
			   bool is_write)
{
	u64 pos = *ppos & VFIO_PCI_OFFSET_MASK;
	struct nvgrace_span span = nvgrace_span_cut(pos, count, fake_bars_start(gpu),
						    FAKE_BARS_END);
	size_t reg = sizeof(u32) - (pos % sizeof(u32));
	ssize_t ret;

	if (span.before)
		return core_rw(gpu, buf, min_t(size_t, span.before, reg), ppos, is_write);
	if (!span.inside)
		return core_rw(gpu, buf, min_t(size_t, span.after, reg), ppos, is_write);

	ret = fake_bars_rw(gpu, buf, span.inside, pos, is_write);
	if (ret > 0)
		*ppos += ret;

	return ret;
}

static ssize_t config_rw(struct nvgrace_gpu *gpu, char __user *buf, size_t count, loff_t *ppos,
			 bool is_write)
{
	u64 pos = *ppos & VFIO_PCI_OFFSET_MASK;
	size_t done = 0;

	/* Nothing emulated in it, or refused as a whole: the core's answer. */
	if (!nvgrace_span_cut(pos, count, fake_bars_start(gpu), FAKE_BARS_END).inside ||
	    count > gpu->core.pdev->cfg_size - pos)
		return core_rw(gpu, buf, count, ppos, is_write);

	while (done < count) {
		ssize_t ret = config_step(gpu, buf + done, count - done, ppos, is_write);

		if (ret <= 0)
			return done ?: ret;
		done += ret;
	}

	return done;
}

static bool touches(u64 pos, size_t count, unsigned int reg)
{
	return nvgrace_span_cut(pos, count, reg, reg + sizeof(u16)).inside;
}

static bool touches_power_state(const struct nvgrace_gpu *gpu, u64 pos, size_t count)
{
	u8 pm = gpu->core.pdev->pm_cap;

	return pm && touches(pos, count, pm + PCI_PM_CTRL);
}

static ssize_t locked_decode_write(struct nvgrace_gpu *gpu, char __user *buf, size_t count,
				   loff_t *ppos, bool power_state)
{
	ssize_t ret = nvgrace_decode_begin(gpu, power_state);

	if (ret)
		return ret;

	ret = config_rw(gpu, buf, count, ppos, true);
	nvgrace_decode_end(gpu, power_state);

	return ret;
}

/*
 * Both the command and the power state decide who gets at the BARs.
 *
 * Waking up from D3hot may be a reset.  Only such a write, and so nobody else,
 * takes the function there and back; and while it is there, no access finds it
 * ready.  So a check that is due before the write still is due after it.
 */
static ssize_t decode_write(struct nvgrace_gpu *gpu, char __user *buf, size_t count, loff_t *ppos,
			    bool power_state)
{
	ssize_t ret = mutex_lock_killable(&gpu->decode_lock);

	if (ret)
		return ret;

	if (power_state)
		nvgrace_readiness_restart(gpu);
	ret = locked_decode_write(gpu, buf, count, ppos, power_state);
	mutex_unlock(&gpu->decode_lock);

	return ret;
}

/**
 * nvgrace_config_rw() - read or write config space
 * @gpu: the GPU
 * @buf: the user's buffer, read only if @is_write
 * @count: bytes
 * @ppos: file position, in the config region; moved by what is returned
 * @is_write: direction
 *
 * Context: may sleep.
 * Return: bytes done, which is short of @count only after an error behind the
 * first byte; else the errno of that error, as vfio-pci-core has it.
 */
ssize_t nvgrace_config_rw(struct nvgrace_gpu *gpu, char __user *buf, size_t count,
			  loff_t *ppos, bool is_write)
{
	u64 pos = *ppos & VFIO_PCI_OFFSET_MASK;
	bool power_state = touches_power_state(gpu, pos, count);

	if (is_write && (power_state || touches(pos, count, PCI_COMMAND)))
		return decode_write(gpu, buf, count, ppos, power_state);

	return config_rw(gpu, buf, count, ppos, is_write);
}

/**
 * nvgrace_config_reset() - what a reset of the function does to the fake BARs
 * @gpu: the GPU
 *
 * Context: any but interrupts.
 */
void nvgrace_config_reset(struct nvgrace_gpu *gpu)
{
	spin_lock(&gpu->fake_bar_lock);
	gpu->resmem_bar.value = 0;
	gpu->usemem_bar.value = 0;
	spin_unlock(&gpu->fake_bar_lock);
}
