// SPDX-License-Identifier: GPL-2.0-only
/*
 * Watching: what an operator is told of a GPU.  Counts, which sysfs.c shows,
 * and a word when memory is lost or does not become ready.
 */
#include <linux/kobject.h>
#include <linux/sysfs.h>
#include <linux/workqueue.h>

#include "nvgrace_gpu.h"

/* The uevent's variable, and the attribute whose pollers wake up. */
static const struct {
	char *variable;
	const char *attribute;
} events[] = {
	[NVGRACE_MEMORY_LOST]	= { "NVGRACE_GPU_EVENT=memory-lost", "lost_pages" },
	[NVGRACE_NOT_READY]	= { "NVGRACE_GPU_EVENT=not-ready", "readiness_timeouts" },
};

static void tell_events(struct work_struct *work)
{
	struct nvgrace_gpu *gpu = container_of(work, struct nvgrace_gpu, watch.tell);
	struct kobject *kobj = &gpu->core.pdev->dev.kobj;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(events); i++) {
		if (!test_and_clear_bit(i, &gpu->watch.untold))
			continue;
		sysfs_notify(kobj, nvgrace_attribute_group.name, events[i].attribute);
		kobject_uevent_env(kobj, KOBJ_CHANGE, (char *[]){ events[i].variable, NULL });
	}
}

/**
 * nvgrace_watch_init() - prepare a new GPU
 * @gpu: a GPU with memory
 *
 * Context: probe, before anything can happen to it.
 */
void nvgrace_watch_init(struct nvgrace_gpu *gpu)
{
	INIT_WORK(&gpu->watch.tell, tell_events);
}

/**
 * nvgrace_watch_flush() - tell of all that has happened
 * @gpu: a GPU with memory, to which nothing happens any more
 *
 * Context: probe that fails, and remove; may sleep.
 */
void nvgrace_watch_flush(struct nvgrace_gpu *gpu)
{
	flush_work(&gpu->watch.tell);
}

/**
 * nvgrace_watch_event() - something that an operator is to be told of at once
 * @gpu: a GPU with memory
 * @event: what it is; several that come one after the other may be told as one
 *
 * Context: any.
 */
void nvgrace_watch_event(struct nvgrace_gpu *gpu, enum nvgrace_event event)
{
	set_bit(event, &gpu->watch.untold);
	schedule_work(&gpu->watch.tell);
}

/**
 * nvgrace_watch_reset() - count a reset of the function
 * @gpu: a GPU with memory
 * @done: false: it failed
 *
 * Context: any.
 */
void nvgrace_watch_reset(struct nvgrace_gpu *gpu, bool done)
{
	atomic_long_inc(&gpu->watch.resets);
	if (!done)
		atomic_long_inc(&gpu->watch.reset_failures);
}
