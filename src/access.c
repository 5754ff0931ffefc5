// SPDX-License-Identifier: GPL-2.0-only
/*
 * Access: the bracket around every touch of the GPU memory.  Inside it no reset
 * is under way, the memory is ready, and decode stays as it is.
 */
#include "nvgrace_gpu.h"

static int check_locked(struct nvgrace_gpu *gpu)
{
	int ret;

	/* A user's write to the PM control register put it there, and changes it back. */
	if (gpu->core.pdev->current_state != PCI_D0)
		return -EIO;

	down_read(&gpu->readiness.lock);
	ret = nvgrace_readiness_check(gpu);
	if (ret)
		up_read(&gpu->readiness.lock);

	return ret;
}

/**
 * nvgrace_access_try() - begin an access if that is possible at once
 * @gpu: a GPU with memory
 * @wait_for_lock: wait for whoever has memory_lock, but not for readiness
 *
 * Context: may hold mmap_lock; takes memory_lock and readiness.lock for read
 * on success.
 * Return: 0 and nvgrace_access_end() is owed, -EAGAIN if nvgrace_access_begin()
 * would wait, -ETIME or -EIO if it would fail or wake the device, -EINTR if the
 * task was killed.
 */
int nvgrace_access_try(struct nvgrace_gpu *gpu, bool wait_for_lock)
{
	int ret;

	if (wait_for_lock)
		ret = down_read_killable(&gpu->core.memory_lock);
	else
		ret = down_read_trylock(&gpu->core.memory_lock) ? 0 : -EAGAIN;
	if (ret)
		return ret;

	/* The user sent the device to sleep: it may lose power at any moment. */
	ret = gpu->core.pm_runtime_engaged ? -EIO : check_locked(gpu);
	if (ret)
		up_read(&gpu->core.memory_lock);

	return ret;
}

/**
 * nvgrace_access_begin() - begin an access, wait until the memory is ready
 * @gpu: a GPU with memory
 *
 * A reset that comes while this waits restarts the wait.
 *
 * Context: the device is kept awake by pm_runtime_resume_and_get(); sleeps,
 * killable, holding no lock while it waits for hardware;
 * takes memory_lock and readiness.lock for read on success.
 * Return: 0 and nvgrace_access_end() is owed, -EINTR if the task is being
 * killed, -EIO if the memory is overdue or the device cannot be asked.
 */
int nvgrace_access_begin(struct nvgrace_gpu *gpu)
{
	int ret;

	do {
		ret = down_read_killable(&gpu->core.memory_lock);
		if (ret)
			return ret;

		ret = check_locked(gpu);
		if (!ret)
			return 0;

		up_read(&gpu->core.memory_lock);
		if (ret != -EAGAIN)
			return -EIO;

		ret = nvgrace_readiness_sleep(TASK_KILLABLE);
	} while (!ret);

	return ret;
}

/**
 * nvgrace_access_end() - end an access
 * @gpu: the GPU of a successful nvgrace_access_try() or nvgrace_access_begin()
 *
 * Context: any that may sleep.
 */
void nvgrace_access_end(struct nvgrace_gpu *gpu)
{
	up_read(&gpu->readiness.lock);
	up_read(&gpu->core.memory_lock);
}

/**
 * nvgrace_access_drain() - wait until the accesses under way have ended
 * @gpu: a GPU with memory
 *
 * Those that begin later see whatever was written before.
 *
 * Context: sleeps as long as an access takes; holds no readiness.lock.
 */
void nvgrace_access_drain(struct nvgrace_gpu *gpu)
{
	down_write(&gpu->readiness.lock);
	up_write(&gpu->readiness.lock);
}
