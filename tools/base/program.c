// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs of this machine.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/program.h"
#include "base/tree.h"

/* QEMU takes a tenth of that, on a machine that is busy. */
#define LIMIT_MS 3000

/* In a process group of its own, so that all that it starts can be ended with it. */
static int start(const char *name, int output, pid_t *pid)
{
	char *arguments[3] = { (char *)name, "--version" };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int ret;

	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	ret = posix_spawnp(pid, name, &actions, &attributes, arguments, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	return -ret;
}

static long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A version in a whole line of what it prints, within the time; it need not end then. */
static int read_version(int fd, struct text_version *version)
{
	char text[256] = "";
	long end = now_ms() + LIMIT_MS;
	size_t length = 0;
	ssize_t got = 1;

	while (got > 0 && length < sizeof(text) - 1) {
		struct pollfd ready = { .fd = fd, .events = POLLIN };
		long left = end - now_ms();
		int ret = left > 0 ? poll(&ready, 1, left) : 0;

		if (!ret)
			return -ETIMEDOUT;
		got = ret < 0 ? -1 : read(fd, text + length, sizeof(text) - 1 - length);
		if (got < 0 && errno == EINTR)
			got = 1;
		else if (got > 0)
			length += got;
		text[length] = 0;
		if (strchr(text, '\n') && text_version(text, version))
			return 0;
	}
	return text_version(text, version) ? 0 : -EINVAL;
}

int program_version(const char *name, struct text_version *version)
{
	int fds[2];
	pid_t pid;
	int ret;

	*version = (struct text_version){};
	if (!tree_is_live())
		return -EOPNOTSUPP;
	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	ret = start(name, fds[1], &pid);
	close(fds[1]);
	if (!ret) {
		ret = read_version(fds[0], version);
		/* Whatever else it does is not wanted. */
		kill(-pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	close(fds[0]);
	return ret;
}
