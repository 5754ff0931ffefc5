// SPDX-License-Identifier: GPL-2.0-only
/* TAP: runs tests in processes of their own and reports them. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"
#include "task.h"

#define TIMEOUT_DEFAULT_S 60
#define KILL_PATIENCE_MS 20000
#define SLOW_MS 5000

/* A test's process, and where its output waits when tests run in parallel. */
struct child {
	pid_t pid;
	int pidfd;
	int out;
	long start_ms;
	long end_ms;
	int status;
	bool timed_out;
	bool stuck;
};

static bool in_test;

long tap_sys(long ret)
{
	return ret < 0 ? -errno : ret;
}

void tap_note(const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	printf("# %s\n", text);
	fflush(stdout);
}

void tap_fail(const char *file, int line, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	printf("# %s:%d: %s\n", file, line, text);
	if (!in_test)
		printf("Bail out! could not prepare or restore the host\n");
	fflush(stdout);
	_exit(1);
}

static const char *ret_text(long long value, char *text, size_t len)
{
	const char *name = NULL;

	if (value < 0 && value > -4096)
		name = strerrorname_np(-value);
	if (name)
		snprintf(text, len, "-%s", name);
	else
		snprintf(text, len, "%lld", value);
	return text;
}

void tap_check_ret(const char *file, int line, const char *what, long long got,
		   long long want)
{
	char a[32], b[32];

	if (got == want)
		return;
	tap_fail(file, line, "%s gave %s, expected %s", what,
		 ret_text(got, a, sizeof(a)), ret_text(want, b, sizeof(b)));
}

static void child_start(struct child *child, const struct tap_test *test,
			bool capture)
{
	fflush(stdout);
	child->start_ms = task_now_ms();
	child->out = capture ? memfd_create("tap", 0) : -1;
	child->pid = fork();
	if (child->pid < 0)
		tap_fail(__FILE__, __LINE__, "fork: %s", strerror(errno));
	if (!child->pid) {
		setpgid(0, 0);
		in_test = true;
		if (capture)
			dup2(child->out, STDOUT_FILENO);
		test->run();
		fflush(stdout);
		_exit(0);
	}
	setpgid(child->pid, child->pid);
	child->pidfd = syscall(SYS_pidfd_open, child->pid, 0);
	if (child->pidfd < 0)
		tap_fail(__FILE__, __LINE__, "pidfd_open: %s", strerror(errno));
}

static bool child_ended(struct child *child, long timeout_ms)
{
	struct pollfd pfd = { .fd = child->pidfd, .events = POLLIN };

	if (timeout_ms < 0)
		timeout_ms = 0;
	return poll(&pfd, 1, timeout_ms) == 1;
}

void tap_show_stacks(pid_t pid)
{
	char command[160];

	snprintf(command, sizeof(command),
		 "cd /proc/%d/task && for t in *; do echo \"# thread $t: $(cat $t/wchan)\"; sed 's/^/#   /' $t/stack; done",
		 pid);
	if (system(command))
		tap_note("cannot read the kernel stacks of %d", pid);
}

static void child_wait(struct child *child, const struct tap_test *test)
{
	long timeout_ms = 1000L * (test->timeout_s ? test->timeout_s :
						     TIMEOUT_DEFAULT_S);

	if (!child_ended(child, child->start_ms + timeout_ms - task_now_ms())) {
		child->timed_out = true;
		tap_show_stacks(child->pid);
	}
	kill(-child->pid, SIGKILL);
	if (!child_ended(child, KILL_PATIENCE_MS))
		child->stuck = true;
	else
		waitpid(child->pid, &child->status, 0);
	child->end_ms = task_now_ms();
	close(child->pidfd);
}

/* Processes a test left behind have been killed: wait until they are gone. */
static void reap_orphans(const struct child *child)
{
	while (waitpid(-child->pid, NULL, 0) > 0)
		;
}

static void show_output(const struct child *child)
{
	char text[4096];
	off_t at = 0;
	ssize_t got;

	while ((got = pread(child->out, text, sizeof(text), at)) > 0) {
		fwrite(text, 1, got, stdout);
		at += got;
	}
	close(child->out);
}

static bool report(const struct child *child, const struct tap_test *test,
		   size_t number)
{
	long ms = child->end_ms - child->start_ms;
	bool ok = false;

	if (child->out >= 0)
		show_output(child);
	if (child->timed_out)
		tap_note("no end after %ld ms%s", ms,
			 child->stuck ? ", and it cannot be killed" : "");
	else if (WIFSIGNALED(child->status))
		tap_note("ended by signal %s",
			 strsignal(WTERMSIG(child->status)));
	else
		ok = !WEXITSTATUS(child->status);
	if (ok && ms > SLOW_MS && child->out < 0)
		tap_note("took %ld ms", ms);
	printf("%s %zu - %s\n", ok ? "ok" : "not ok", number, test->name);
	fflush(stdout);
	return ok;
}

static void call(void (*function)(void))
{
	if (function)
		function();
}

static size_t run_parallel(const struct tap_suite *suite)
{
	struct child *children = calloc(suite->count, sizeof(*children));
	size_t i, bad = 0;

	call(suite->before);
	for (i = 0; i < suite->count; i++)
		child_start(&children[i], &suite->tests[i], true);
	for (i = 0; i < suite->count; i++)
		child_wait(&children[i], &suite->tests[i]);
	for (i = 0; i < suite->count; i++)
		reap_orphans(&children[i]);
	call(suite->after);
	for (i = 0; i < suite->count; i++)
		bad += !report(&children[i], &suite->tests[i], i + 1);
	free(children);
	return bad;
}

static size_t run_serial(const struct tap_suite *suite)
{
	size_t i, bad = 0;

	for (i = 0; i < suite->count; i++) {
		struct child child = { 0 };

		call(suite->before);
		child_start(&child, &suite->tests[i], false);
		child_wait(&child, &suite->tests[i]);
		bad += !report(&child, &suite->tests[i], i + 1);
		if (child.stuck) {
			printf("Bail out! a test cannot be killed\n");
			return bad;
		}
		reap_orphans(&child);
		call(suite->after);
	}
	return bad;
}

int tap_run(const struct tap_suite *suite)
{
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	printf("1..%zu\n", suite->count);
	return (suite->parallel ? run_parallel(suite) : run_serial(suite)) != 0;
}
