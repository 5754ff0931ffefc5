/* SPDX-License-Identifier: GPL-2.0-only */
/* A piece of a test in a thread of its own, for calls that wait. */
#ifndef ABI_TASK_H
#define ABI_TASK_H

#include <pthread.h>
#include <stdbool.h>

/**
 * struct task - a running function
 * @run: the function; what it returns ends up in @result
 * @arg: for the function
 */
struct task {
	long (*run)(void *arg);
	void *arg;
	long result;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t ended;
	bool done;
};

/* Starts run(arg); the task must live until task_end(). */
void task_start(struct task *task, long (*run)(void *arg), void *arg);

/* True if it ended within so many milliseconds. */
bool task_ended(struct task *task, long timeout_ms);

/* Waits (as long as the test may last) and gives the result. */
long task_end(struct task *task);

/* Milliseconds of a clock that only goes forward. */
long task_now_ms(void);

void task_sleep_ms(long ms);

#endif
