// SPDX-License-Identifier: GPL-2.0-only
/*
 * The two steps to readiness of a virtual GPU: link up and memory trained. They
 * show in BAR0 status registers or in the CXL Device DVSEC, drop when a reset
 * starts and come back, each after its own delay, when it is over.
 *
 * The BAR0 registers are written through the alias of the memory behind BAR0,
 * because BAR0 itself is out of reach when it matters: during a reset its address
 * is gone and memory decode is off.
 */
#include <linux/io.h>
#include <linux/jiffies.h>

#include "virtual_gpu.h"

#define VGPU_REGISTER_READY	0xff

static const unsigned int vgpu_registers[VGPU_STEPS] = {
	[VGPU_LINK] = 0x1498,
	[VGPU_TRAINING] = 0x200bc,
};

static struct workqueue_struct *vgpu_workqueue;

static void vgpu_register_write(struct vgpu *gpu, enum vgpu_step step, u32 value)
{
	if (gpu->gone)
		gpu->saved_registers[step] = value;
	else
		writel(value, gpu->registers + vgpu_registers[step]);
}

static void vgpu_signal_raise(struct vgpu_signal *signal)
{
	signal->armed = false;
	if (signal->gpu->cxl)
		vgpu_config_cxl_set(signal->gpu, signal->step, true);
	else
		vgpu_register_write(signal->gpu, signal->step, VGPU_REGISTER_READY);
}

static void vgpu_signal_work(struct work_struct *work)
{
	struct vgpu_signal *signal = container_of(to_delayed_work(work), struct vgpu_signal, work);
	unsigned long flags;

	raw_spin_lock_irqsave(&signal->gpu->lock, flags);
	/* A reset since this was queued has moved @due and queued it again */
	if (signal->armed && time_after_eq(jiffies, signal->due))
		vgpu_signal_raise(signal);
	raw_spin_unlock_irqrestore(&signal->gpu->lock, flags);
}

static void vgpu_signal_start(struct vgpu_signal *signal)
{
	int delay_ms = READ_ONCE(signal->delay_ms);
	unsigned long delay;

	if (delay_ms < 0)
		return;

	if (!delay_ms) {
		vgpu_signal_raise(signal);
		return;
	}

	delay = msecs_to_jiffies(delay_ms);
	signal->due = jiffies + delay;
	signal->armed = true;
	mod_delayed_work(vgpu_workqueue, &signal->work, delay);
}

/**
 * vgpu_readiness_drop() - a reset starts: the memory is not ready any more
 * @gpu: the GPU; its configuration space has been reset, and the DVSEC with it
 *
 * Context: vgpu.lock held.
 */
void vgpu_readiness_drop(struct vgpu *gpu)
{
	for (int step = 0; step < VGPU_STEPS; step++) {
		gpu->signal[step].armed = false;
		vgpu_register_write(gpu, step, 0);
	}
}

/**
 * vgpu_readiness_start() - a reset is over: let the steps to readiness run
 * @gpu: the GPU
 *
 * Context: vgpu.lock held.
 */
void vgpu_readiness_start(struct vgpu *gpu)
{
	for (int step = 0; step < VGPU_STEPS; step++)
		vgpu_signal_start(&gpu->signal[step]);
}

/**
 * vgpu_readiness_register() - read a BAR0 status register
 * @gpu: the GPU
 * @step: which one
 *
 * Return: what a read through BAR0 gives now.
 */
u32 vgpu_readiness_register(const struct vgpu *gpu, enum vgpu_step step)
{
	return readl(gpu->registers + vgpu_registers[step]);
}

/**
 * vgpu_readiness_force_register() - write a BAR0 status register
 * @gpu: the GPU
 * @step: which one
 * @value: stays until software or the next reset changes it
 *
 * Context: takes vgpu.lock.
 */
void vgpu_readiness_force_register(struct vgpu *gpu, enum vgpu_step step, u32 value)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&gpu->lock, flags);
	gpu->signal[step].armed = false;
	vgpu_register_write(gpu, step, value);
	raw_spin_unlock_irqrestore(&gpu->lock, flags);
}

/**
 * vgpu_readiness_cxl() - read a bit of the CXL Device DVSEC
 * @gpu: the GPU
 * @step: VGPU_LINK for MEM_INFO_VALID, VGPU_TRAINING for MEM_ACTIVE
 *
 * Context: takes vgpu.lock.
 *
 * Return: whether it is set.
 */
bool vgpu_readiness_cxl(struct vgpu *gpu, enum vgpu_step step)
{
	unsigned long flags;
	bool on;

	raw_spin_lock_irqsave(&gpu->lock, flags);
	on = vgpu_config_cxl_get(gpu, step);
	raw_spin_unlock_irqrestore(&gpu->lock, flags);

	return on;
}

/**
 * vgpu_readiness_force_cxl() - set or clear a bit of the CXL Device DVSEC
 * @gpu: the GPU
 * @step: VGPU_LINK for MEM_INFO_VALID, VGPU_TRAINING for MEM_ACTIVE
 * @on: stays until the next reset
 *
 * Context: takes vgpu.lock.
 */
void vgpu_readiness_force_cxl(struct vgpu *gpu, enum vgpu_step step, bool on)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&gpu->lock, flags);
	gpu->signal[step].armed = false;
	vgpu_config_cxl_set(gpu, step, on);
	raw_spin_unlock_irqrestore(&gpu->lock, flags);
}

/**
 * vgpu_readiness_set_gone() - take the function away, or bring it back
 * @gpu: the GPU
 * @gone: true: configuration space and the status registers read all ones
 *
 * Context: takes vgpu.lock.
 */
void vgpu_readiness_set_gone(struct vgpu *gpu, bool gone)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&gpu->lock, flags);
	for (int step = 0; step < VGPU_STEPS && gpu->gone != gone; step++) {
		void __iomem *io = gpu->registers + vgpu_registers[step];

		if (gone)
			gpu->saved_registers[step] = readl(io);
		writel(gone ? U32_MAX : gpu->saved_registers[step], io);
	}
	gpu->gone = gone;
	raw_spin_unlock_irqrestore(&gpu->lock, flags);
}

/**
 * vgpu_readiness_init() - power-on: not ready, and on the way to it
 * @gpu: the GPU; its registers are mapped
 * @link_ms: milliseconds until the link is up, negative for never
 * @train_ms: milliseconds until the memory is trained, negative for never
 */
void vgpu_readiness_init(struct vgpu *gpu, int link_ms, int train_ms)
{
	unsigned long flags;

	for (int step = 0; step < VGPU_STEPS; step++) {
		struct vgpu_signal *signal = &gpu->signal[step];

		signal->gpu = gpu;
		signal->step = step;
		signal->delay_ms = step == VGPU_LINK ? link_ms : train_ms;
		INIT_DELAYED_WORK(&signal->work, vgpu_signal_work);
	}

	raw_spin_lock_irqsave(&gpu->lock, flags);
	vgpu_readiness_drop(gpu);
	vgpu_readiness_start(gpu);
	raw_spin_unlock_irqrestore(&gpu->lock, flags);
}

/**
 * vgpu_readiness_exit() - stop the timers of a GPU
 * @gpu: no reset can reach it any more
 */
void vgpu_readiness_exit(struct vgpu *gpu)
{
	for (int step = 0; step < VGPU_STEPS; step++)
		cancel_delayed_work_sync(&gpu->signal[step].work);
}

int vgpu_readiness_module_init(void)
{
	vgpu_workqueue = alloc_ordered_workqueue("virtual_gpu", 0);

	return vgpu_workqueue ? 0 : -ENOMEM;
}

void vgpu_readiness_module_exit(void)
{
	destroy_workqueue(vgpu_workqueue);
}
