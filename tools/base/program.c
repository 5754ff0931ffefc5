// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs of this machine.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"
#include "base/program.h"
#include "base/tree.h"

/* QEMU takes a tenth of that, on a machine that is busy. */
#define LIMIT_MS 3000

/* QEMU looks through its modules to answer; a program that hangs is not waited for. */
#define ANSWER_LIMIT_MS 10000
/* More than QEMU has to say of any device. */
#define ANSWER_MAX 65536

/* In a process group of its own, so that all that it starts can be ended with it. */
static int start(const char * const arguments[], int output, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int ret;

	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	ret = posix_spawnp(pid, arguments[0], &actions, &attributes, (char **)arguments, environ);
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

/* More of what it prints, until end: 1, 0 where it has no more, or -ETIMEDOUT. */
static int read_more(int fd, char *text, size_t size, size_t *length, long end)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	long left = end - now_ms();
	int ret = left > 0 ? poll(&ready, 1, left) : 0;
	ssize_t got;

	if (!ret)
		return -ETIMEDOUT;
	got = ret < 0 ? -1 : read(fd, text + *length, size - 1 - *length);
	if (got < 0 && errno == EINTR)
		return 1;
	if (got > 0)
		*length += got;
	text[*length] = 0;
	return got > 0 && *length < size - 1;
}

/* A version in a whole line of what it prints, within the time; it need not end then. */
static int read_version(int fd, struct text_version *version)
{
	char text[256] = "";
	long end = now_ms() + LIMIT_MS;
	size_t length = 0;
	int ret = 1;

	while (ret > 0) {
		ret = read_more(fd, text, sizeof(text), &length, end);
		if (ret < 0)
			return ret;
		if (strchr(text, '\n') && text_version(text, version))
			return 0;
	}
	return text_version(text, version) ? 0 : -EINVAL;
}

/* The far end of what a program prints, and the program: 0. */
static int open_program(const char * const arguments[], int *fd, pid_t *pid)
{
	int fds[2];
	int ret;

	/* Never 0, as -fanalyzer wants to be told. */
	if (pipe2(fds, O_CLOEXEC))
		return -errno ?: -EIO;
	ret = start(arguments, fds[1], pid);
	close(fds[1]);
	*fd = fds[0];
	if (ret)
		close(fds[0]);
	return ret;
}

/* Whatever else it does is not wanted. */
static void close_program(int fd, pid_t pid)
{
	kill(-pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(fd);
}

int program_version(const char *name, struct text_version *version)
{
	const char *arguments[] = { name, "--version", NULL };
	pid_t pid;
	int fd, ret;

	*version = (struct text_version){};
	if (!tree_is_live())
		return -EOPNOTSUPP;
	ret = open_program(arguments, &fd, &pid);
	if (ret)
		return ret;
	ret = read_version(fd, version);
	close_program(fd, pid);
	return ret;
}

/* In a recorded tree: a file that is called as the program was. */
static int read_recorded(const char * const arguments[], char **answer)
{
	const char *slash = strrchr(arguments[0], '/');
	char *name = text_copy(slash ? slash + 1 : arguments[0]);
	long length;

	for (size_t i = 1; arguments[i]; i++) {
		char *longer = text_format("%s %s", name, arguments[i]);

		free(name);
		name = longer;
	}
	length = tree_read_all(answer, ANSWER_MAX, "/answers/%s", name);
	free(name);
	if (length >= 0)
		return 0;
	free(*answer);
	*answer = NULL;
	return length;
}

int program_answer(const char * const arguments[], char **answer)
{
	size_t length = 0;
	pid_t pid;
	long end;
	int fd, ret;

	*answer = NULL;
	if (!tree_is_live())
		return read_recorded(arguments, answer);
	*answer = array_resize(NULL, ANSWER_MAX, 1);
	ret = open_program(arguments, &fd, &pid);
	if (!ret) {
		end = now_ms() + ANSWER_LIMIT_MS;
		do {
			ret = read_more(fd, *answer, ANSWER_MAX, &length, end);
		} while (ret > 0);
		close_program(fd, pid);
	}
	if (!ret)
		return 0;
	free(*answer);
	*answer = NULL;
	return ret;
}

bool program_is_there(const char *name)
{
	static const char * const folders[] = { "/usr/sbin", "/usr/bin", "/sbin", "/bin" };

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		if (tree_exists("%s/%s", folders[i], name))
			return true;
	}
	return false;
}

/* In our process group: who interrupts us interrupts it. */
static int run_words(char *words[])
{
	posix_spawn_file_actions_t actions;
	int status, ret;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
	ret = posix_spawnp(&pid, words[0], &actions, NULL, words, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (ret)
		return -ret;
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -EIO;
	}
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -EIO;
}

int program_run(const char *command)
{
	char *copy = text_copy(command), *rest = copy;
	char **words = NULL;
	size_t count = 0;
	int ret;

	do {
		words = array_resize(words, count + 1, sizeof(*words));
		words[count] = strsep(&rest, " ");
	} while (words[count++]);
	ret = run_words(words);
	free(words);
	free(copy);
	return ret;
}
