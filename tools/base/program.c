// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs of this machine.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/program.h"
#include "base/tree.h"

static int start(const char *name, int output, pid_t *pid)
{
	char *arguments[3] = { (char *)name, "--version" };
	posix_spawn_file_actions_t actions;
	int ret;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	ret = posix_spawnp(pid, name, &actions, NULL, arguments, environ);
	posix_spawn_file_actions_destroy(&actions);
	return -ret;
}

int program_version(const char *name, struct text_version *version)
{
	char text[256];
	ssize_t length;
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
		length = read(fds[0], text, sizeof(text) - 1);
		text[length < 0 ? 0 : length] = 0;
		if (!text_version(text, version))
			ret = -EINVAL;
	}
	close(fds[0]);
	if (!ret || ret == -EINVAL)
		waitpid(pid, NULL, 0);
	return ret;
}
