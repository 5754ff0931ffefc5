// SPDX-License-Identifier: GPL-2.0-only
/* Starts QEMU and talks to it and to the guest. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host.h"
#include "tap.h"
#include "vm.h"
#include "vm_qemu.h"

#define IOMMUFD_DEVICE "/dev/iommu"

#define END_PATIENCE_MS 20000
#define LINE_MAX_BYTES 4096

/* Where the driver sleeps then. */
#define WAITING "nvgrace_readiness_sleep"

/* Copies lines to the kernel log until QEMU, which writes them, is gone. */
static void copy_console(const char *name, int from)
{
	FILE *lines = fdopen(from, "r");
	int log = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	char line[512];

	while (fgets(line, sizeof(line), lines)) {
		line[strcspn(line, "\r\n")] = '\0';
		if (*line)
			dprintf(log, "%s: %s\n", name, line);
	}
}

static void send_text(struct vm *vm, int fd, const char *text)
{
	CHECK(send(fd, text, strlen(text), MSG_NOSIGNAL) ==
	      (ssize_t)strlen(text), "%s has gone", vm->name);
}

static pid_t fork_or_fail(void)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	CHECK(pid >= 0, "fork: %s", strerror(errno));
	return pid;
}

void vm_start(struct vm *vm, const char *name, unsigned int kind,
	      unsigned int gpus)
{
	int console[2], agent[2], qmp[2];

	CHECK_RET(pipe2(console, O_CLOEXEC), 0);
	CHECK_RET(socketpair(AF_UNIX, SOCK_STREAM, 0, agent), 0);
	CHECK_RET(socketpair(AF_UNIX, SOCK_STREAM, 0, qmp), 0);
	*vm = (struct vm){ .name = name, .kind = kind,
			    .agent = agent[0], .qmp = qmp[0] };
	vm->pid = fork_or_fail();
	if (!vm->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(agent[0]);
		close(qmp[0]);
		dup2(console[1], STDOUT_FILENO);
		dup2(console[1], STDERR_FILENO);
		vm_qemu_exec(kind, gpus, agent[1], qmp[1]);
		_exit(127);
	}
	close(console[1]);
	close(agent[1]);
	close(qmp[1]);
	if (!fork_or_fail()) {
		copy_console(name, console[0]);
		_exit(0);
	}
	close(console[0]);
	vm->pidfd = syscall(SYS_pidfd_open, vm->pid, 0);
	CHECK(vm->pidfd >= 0, "pidfd_open: %s", strerror(errno));
	send_text(vm, vm->qmp, "{\"execute\": \"qmp_capabilities\"}\n");
}

/* Byte by byte: what follows may be for another process. */
static void read_line(struct vm *vm, int fd, char *line)
{
	size_t used = 0;
	ssize_t got;

	do {
		CHECK(used < LINE_MAX_BYTES - 1, "%s: a line without end",
		      vm->name);
		got = read(fd, line + used, 1);
		CHECK(got == 1,
		      "%s has gone: its last words are on the console",
		      vm->name);
	} while (line[used++] != '\n');
	while (used && strchr("\r\n", line[used - 1]))
		used--;
	line[used] = '\0';
}

/* A command is answered as a test: with notes, and "ok" or "not ok". */
static void await_answer(struct vm *vm, const char *command)
{
	char line[LINE_MAX_BYTES];

	do {
		read_line(vm, vm->agent, line);
		if (*line == '#')
			tap_note("%s: %s", vm->name, line + 2);
		CHECK(strncmp(line, "not ok", 6), "%s: %s failed", vm->name,
		      command);
	} while (strncmp(line, "ok", 2));
}

void vm_send(struct vm *vm, const char *command)
{
	send_text(vm, vm->agent, command);
	send_text(vm, vm->agent, "\n");
}

void vm_run(struct vm *vm, const char *format, ...)
{
	char command[512];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command) - 1, format, args);
	va_end(args);
	vm_send(vm, command);
	await_answer(vm, command);
}

/* The guest's own copy of what the scenario says about the GPUs. */
static void tell_scenario(struct vm *vm)
{
	FILE *file = fopen(SCENARIO_FILE, "r");
	char line[512];

	CHECK(file, "%s: %s", SCENARIO_FILE, strerror(errno));
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(line, "gpu", 3))
			vm_run(vm, "%s", line);
	}
	fclose(file);
}

/* True if QEMU has that file open. */
static bool holds(const struct vm *vm, const char *path)
{
	char pattern[64], target[PATH_MAX];
	bool found = false;
	glob_t files;
	ssize_t length;
	size_t i;

	snprintf(pattern, sizeof(pattern), "/proc/%d/fd/*", vm->pid);
	if (glob(pattern, 0, NULL, &files))
		return false;
	for (i = 0; i < files.gl_pathc && !found; i++) {
		length = readlink(files.gl_pathv[i], target, sizeof(target));
		found = length == (ssize_t)strlen(path) &&
			!memcmp(target, path, length);
	}
	globfree(&files);
	return found;
}

void vm_wait_up(struct vm *vm)
{
	bool by_cdev = vm->kind & VM_CDEV;
	char line[LINE_MAX_BYTES], *end;

	/* firmware uses the port, too, and does not end its lines */
	do {
		read_line(vm, vm->agent, line);
		end = line + strlen(line);
	} while (end - line < 2 || strcmp(end - 2, "up"));
	CHECK(holds(vm, IOMMUFD_DEVICE) == by_cdev, "%s: QEMU has %s iommufd",
	      vm->name, by_cdev ? "no" : "an");
	tell_scenario(vm);
}

void vm_qmp_wait(struct vm *vm, const char *text, const char *more)
{
	char line[LINE_MAX_BYTES];

	do {
		read_line(vm, vm->qmp, line);
		CHECK(!strstr(line, "\"error\""), "%s: QMP: %s", vm->name,
		      line);
	} while (!strstr(line, text) || !strstr(line, more));
}

void vm_qmp(struct vm *vm, const char *command, const char *arguments)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "{\"execute\": \"%s\", \"arguments\": %s, \"id\": \"%s\"}\n",
		 command, arguments, command);
	send_text(vm, vm->qmp, text);
	vm_qmp_wait(vm, "\"return\"", command);
}

void vm_unplug(struct vm *vm, unsigned int slot)
{
	char text[64];

	snprintf(text, sizeof(text), "{\"id\": \"gpu%u\"}", slot);
	vm_qmp(vm, "device_del", text);
	snprintf(text, sizeof(text), "\"gpu%u\"", slot);
	vm_qmp_wait(vm, "DEVICE_DELETED", text);
}

void vm_plug(struct vm *vm, unsigned int slot)
{
	char text[256];

	snprintf(text, sizeof(text),
		 "{\"driver\": \"vfio-pci\", \"id\": \"gpu%u\", \"host\": \"%s\", \"bus\": \"port%u\"%s}",
		 slot, gpu_get(slot).bdf, slot,
		 vm->kind & VM_CDEV ? ", \"iommufd\": \"" VM_QEMU_IOMMUFD "\"" : "");
	vm_qmp(vm, "device_add", text);
}

void vm_wait_end(struct vm *vm)
{
	struct pollfd pfd = { .fd = vm->pidfd, .events = POLLIN };

	CHECK(poll(&pfd, 1, END_PATIENCE_MS) == 1, "%s: QEMU does not end",
	      vm->name);
}

void vm_kill(struct vm *vm)
{
	syscall(SYS_pidfd_send_signal, vm->pidfd, SIGKILL, NULL, 0);
	vm_wait_end(vm);
}

bool vm_waits_for_readiness(const struct vm *vm)
{
	char pattern[64], stack[4096];
	bool found = false;
	glob_t threads;
	size_t i;

	snprintf(pattern, sizeof(pattern), "/proc/%d/task/*/stack", vm->pid);
	if (glob(pattern, 0, NULL, &threads))
		return false;
	for (i = 0; i < threads.gl_pathc && !found; i++)
		found = !host_read(threads.gl_pathv[i], stack, sizeof(stack)) &&
			strstr(stack, WAITING);
	globfree(&threads);
	return found;
}
