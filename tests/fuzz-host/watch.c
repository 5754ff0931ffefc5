// SPDX-License-Identifier: GPL-2.0-only
/* Starts the actors, ends and restarts VMMs, and finds out whoever hangs. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz.h"
#include "tap.h"
#include "task.h"

/* A probe may wait 30 s for a GPU, and whoever asks for a lock then waits for that. */
#define DEADLINE_MS 120000

#define TICK_MS 10

static pid_t start(void (*life)(void *), void *arg)
{
	pid_t parent = getpid(), pid;

	fflush(stdout);
	pid = fork();
	CHECK(pid >= 0, "fork: %m");
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() == parent)
		life(arg);
	fflush(stdout);
	_exit(0);
}

static void vmm_life(void *target)
{
	vmm_main(target);
}

static void admin_life(void *lane)
{
	admin_main(lane);
}

static void hardware_life(void *lane)
{
	hardware_main(lane);
}

static struct target *target_of(pid_t pid)
{
	unsigned int i;

	for (i = 0; i < fuzz->gpus; i++) {
		if (fuzz->targets[i].pid == pid)
			return &fuzz->targets[i];
	}
	return NULL;
}

/* They die in between; an operation of theirs is over then. */
static void forget_lanes(pid_t pid)
{
	unsigned int i;

	for (i = 0; i < LANES; i++) {
		struct lane *lane = &fuzz->lanes[i];

		if (lane->pid != pid)
			continue;
		if (lane->op)
			lane->done++;
		lane->op = NULL;
		lane->pid = 0;
	}
}

[[noreturn]] static void give_up(const char *what, pid_t pid)
{
	tap_note("%s", what);
	plan_report();
	if (pid)
		tap_show_stacks(pid);
	tap_fail(__FILE__, __LINE__, "seed %llu: %s", fuzz->seed, what);
}

/* VMMs are killed, and leave by themselves; a failed check is 1. */
static void check_end(int status)
{
	char what[64];

	if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)
		give_up(strsignal(WTERMSIG(status)), 0);
	if (!WIFEXITED(status) || !WEXITSTATUS(status))
		return;
	snprintf(what, sizeof(what), "a check has failed, or a process ended with %d",
		 WEXITSTATUS(status));
	give_up(what, 0);
}

static void reap(void)
{
	struct target *target;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		check_end(status);
		forget_lanes(pid);
		target = target_of(pid);
		if (target)
			target->pid = 0;
	}
}

static bool vmm_has_steps(const struct target *target)
{
	unsigned int i;

	for (i = 0; i < VMM_LANES; i++) {
		if (!fuzz->lanes[(target - fuzz->targets) * VMM_LANES + i].ended)
			return true;
	}
	return false;
}

static void manage_vmm(struct target *target)
{
	if (target->leave_ms && target->pid && task_now_ms() >= target->leave_ms)
		kill(target->pid, SIGKILL);
	if (!(fuzz->actors & 1 << ACTOR_VMM) || target->pid || target->leave_ms ||
	    fuzz->stop || !vmm_has_steps(target))
		return;
	target->vmms++;
	target->pid = start(vmm_life, target);
}

static void check_deadlines(void)
{
	long now = task_now_ms();
	unsigned int i;

	for (i = 0; i < LANES; i++) {
		const struct lane *lane = &fuzz->lanes[i];

		if (__atomic_load_n(&lane->op, __ATOMIC_ACQUIRE) &&
		    now - lane->since_ms > DEADLINE_MS)
			give_up("a task hangs", lane->pid);
	}
}

static bool anybody_left(void)
{
	unsigned int i;

	for (i = ADMIN_LANE; i < LANES; i++) {
		if (fuzz->lanes[i].pid)
			return true;
	}
	for (i = 0; i < fuzz->gpus; i++) {
		if (fuzz->targets[i].pid || (!fuzz->stop && fuzz->actors & 1 << ACTOR_VMM &&
					     vmm_has_steps(&fuzz->targets[i])))
			return true;
	}
	return false;
}

/* An actor that has one lane, and lives to the end. */
static void start_single(unsigned int number, void (*life)(void *lane))
{
	struct lane *lane = &fuzz->lanes[number];

	if (fuzz->actors & 1 << lane->actor)
		lane->pid = start(life, lane);
}

void watch_run(void)
{
	long end_ms = task_now_ms() + fuzz->seconds * 1000;
	unsigned int i;

	start_single(ADMIN_LANE, admin_life);
	start_single(HARDWARE_LANE, hardware_life);
	do {
		for (i = 0; i < fuzz->gpus; i++)
			manage_vmm(&fuzz->targets[i]);
		task_sleep_ms(TICK_MS);
		reap();
		check_deadlines();
		if (task_now_ms() >= end_ms)
			fuzz->stop = true;
	} while (anybody_left());
}
