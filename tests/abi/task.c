// SPDX-License-Identifier: GPL-2.0-only
/* Threads with a result and a timed wait. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "tap.h"
#include "task.h"

static void *task_main(void *arg)
{
	struct task *task = arg;
	long result = task->run(task->arg);

	pthread_mutex_lock(&task->lock);
	task->result = result;
	task->done = true;
	pthread_cond_broadcast(&task->ended);
	pthread_mutex_unlock(&task->lock);
	return NULL;
}

void task_start(struct task *task, long (*run)(void *arg), void *arg)
{
	pthread_condattr_t attr;
	int ret;

	*task = (struct task){ .run = run, .arg = arg };
	pthread_mutex_init(&task->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&task->ended, &attr);
	ret = pthread_create(&task->thread, NULL, task_main, task);
	CHECK(!ret, "pthread_create: %s", strerror(ret));
}

bool task_ended(struct task *task, long timeout_ms)
{
	struct timespec until;
	bool done;
	int ret = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += timeout_ms / 1000;
	until.tv_nsec += timeout_ms % 1000 * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&task->lock);
	while (!task->done && ret != ETIMEDOUT)
		ret = pthread_cond_timedwait(&task->ended, &task->lock, &until);
	done = task->done;
	pthread_mutex_unlock(&task->lock);
	return done;
}

long task_end(struct task *task)
{
	pthread_join(task->thread, NULL);
	return task->result;
}

long task_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000L + now.tv_nsec / 1000000;
}

void task_sleep_ms(long ms)
{
	struct timespec wait = {
		.tv_sec = ms / 1000,
		.tv_nsec = ms % 1000 * 1000000,
	};

	while (nanosleep(&wait, &wait) && errno == EINTR)
		;
}
