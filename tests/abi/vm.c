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

#define QEMU "/usr/bin/qemu-system-aarch64"
#define GUEST_KERNEL "/rig/guest/kernel"
#define GUEST_INITRD "/rig/guest/initrd"

#define END_PATIENCE_MS 20000
#define LINE_MAX_BYTES 4096
#define ARGUMENTS_MAX 64

/* Where the driver sleeps then. */
#define WAITING "nvgrace_readiness_sleep"

/* QEMU's arguments, one after the other; texts that were put together stay. */
struct command {
	char *list[ARGUMENTS_MAX];
	unsigned int count;
};

[[gnu::format(printf, 2, 3)]]
static void argument(struct command *command, const char *format, ...)
{
	va_list args;
	int ret;

	CHECK(command->count < ARGUMENTS_MAX - 1, "too many arguments");
	va_start(args, format);
	ret = vasprintf(&command->list[command->count++], format, args);
	va_end(args);
	CHECK(ret >= 0, "no memory");
}

static void option(struct command *command, const char *name, const char *value)
{
	argument(command, "%s", name);
	argument(command, "%s", value);
}

/* An empty root port stays where a GPU can be plugged. */
static void add_gpu(struct command *command, unsigned int slot, bool present)
{
	argument(command, "-device");
	argument(command, "pcie-root-port,id=port%u,addr=%u.0,chassis=%u", slot,
		 slot, slot);
	if (!present)
		return;
	argument(command, "-device");
	argument(command, "vfio-pci,id=gpu%u,host=%s,bus=port%u", slot,
		 gpu_get(slot).bdf, slot);
}

static void add_socket(struct command *command, const char *id, int fd)
{
	argument(command, "-chardev");
	argument(command, "socket,id=%s,fd=%d", id, fd);
}

static void exec_qemu(enum vm_kind kind, unsigned int gpus, int agent, int qmp)
{
	struct command command = { 0 };
	unsigned int slot;

	option(&command, QEMU, "-no-user-config");
	option(&command, "-nodefaults", "-nographic");
	option(&command, "-machine", "virt,gic-version=3");
	option(&command, "-accel", "kvm");
	option(&command, "-cpu", "host");
	option(&command, "-m", "256M");
	option(&command, "-kernel", GUEST_KERNEL);
	option(&command, "-initrd", GUEST_INITRD);
	/*
	 * Only warnings and worse: each character leaves the guest.  A root port
	 * that sleeps in D3hot, as newer kernels let it, sees no GPU plugged in.
	 */
	option(&command, "-append",
	       "console=ttyAMA0 loglevel=5 panic=-1 pcie_port_pm=off");
	option(&command, "-serial", "file:/proc/self/fd/1");
	add_socket(&command, "agent", agent);
	option(&command, "-serial", "chardev:agent");
	add_socket(&command, "qmp", qmp);
	option(&command, "-object", "monitor-qmp,id=monitor,chardev=qmp");
	if (kind == VM_IOMMU)
		option(&command, "-device", "virtio-iommu-pci,addr=1f.0");
	for (slot = 1; slot <= gpu_count(); slot++)
		add_gpu(&command, slot, gpus & 1U << (slot - 1));
	execv(QEMU, command.list);
}

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

void vm_start(struct vm *vm, const char *name, enum vm_kind kind,
	      unsigned int gpus)
{
	int console[2], agent[2], qmp[2];

	CHECK_RET(pipe2(console, O_CLOEXEC), 0);
	CHECK_RET(socketpair(AF_UNIX, SOCK_STREAM, 0, agent), 0);
	CHECK_RET(socketpair(AF_UNIX, SOCK_STREAM, 0, qmp), 0);
	*vm = (struct vm){ .name = name, .agent = agent[0], .qmp = qmp[0] };
	vm->pid = fork_or_fail();
	if (!vm->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(agent[0]);
		close(qmp[0]);
		dup2(console[1], STDOUT_FILENO);
		dup2(console[1], STDERR_FILENO);
		exec_qemu(kind, gpus, agent[1], qmp[1]);
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

void vm_wait_up(struct vm *vm)
{
	char line[LINE_MAX_BYTES];

	do
		read_line(vm, vm->agent, line);
	while (strcmp(line, "up"));
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
		 "{\"driver\": \"vfio-pci\", \"id\": \"gpu%u\", \"host\": \"%s\", \"bus\": \"port%u\"}",
		 slot, gpu_get(slot).bdf, slot);
	vm_qmp(vm, "device_add", text);
}

void vm_kill(struct vm *vm)
{
	struct pollfd pfd = { .fd = vm->pidfd, .events = POLLIN };

	syscall(SYS_pidfd_send_signal, vm->pidfd, SIGKILL, NULL, 0);
	CHECK(poll(&pfd, 1, END_PATIENCE_MS) == 1, "%s: QEMU does not die",
	      vm->name);
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
