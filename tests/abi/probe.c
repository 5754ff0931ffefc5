// SPDX-License-Identifier: GPL-2.0-only
/* D1: which devices the driver takes, when, and what it says. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host.h"
#include "kmsg.h"
#include "program.h"
#include "task.h"

#define PATIENCE_MS 20000
#define STILL_WAITING_MS 500

static const unsigned int ids[] = { 0x2342, 0x2345, 0x2348, 0x2941, 0x31c2 };

static void check_driver(const char *want)
{
	char driver[NAME_MAX + 1];

	host_driver(gpu.bdf, driver, sizeof(driver));
	CHECK(!strcmp(driver, want), "%s is bound to '%s', not to '%s'",
	      gpu.bdf, driver, want);
}

/* How often a module information string occurs in the module's file. */
static unsigned int count_info(const char *start)
{
	int fd = open(MODULE_FILE, O_RDONLY | O_CLOEXEC);
	unsigned int count = 0;
	struct stat info;
	char *file, *at;

	CHECK(fd >= 0, "%s: %s", MODULE_FILE, strerror(errno));
	fstat(fd, &info);
	file = mmap(NULL, info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	CHECK(file != MAP_FAILED, "%s: %s", MODULE_FILE, strerror(errno));
	at = file;
	while ((at = memmem(at, file + info.st_size - at, start,
			    strlen(start)))) {
		count += at == file || !at[-1];
		at++;
	}
	return count;
}

static void aliases(void)
{
	char alias[64];
	unsigned int i;

	for (i = 0; i < TAP_COUNT(ids); i++) {
		snprintf(alias, sizeof(alias),
			 "alias=vfio_pci:v000010DEd%08Xsv*sd*bc*sc*i*",
			 ids[i]);
		CHECK(count_info(alias) == 1, "no %s", alias);
	}
	CHECK_EQ(count_info("alias="), TAP_COUNT(ids));
	CHECK_EQ(count_info("license=GPL"), 1);
}

/* Offered to every driver, but asked for by nobody. */
static void unasked(void)
{
	char path[PATH_MAX];

	CHECK_RET(host_unbind(gpu.bdf), 0);
	host_write("/sys/bus/pci/drivers_probe", gpu.bdf);
	check_driver("");
	snprintf(path, sizeof(path), "/sys/bus/pci/drivers/%s/bind", DRIVER);
	CHECK_RET(host_write(path, gpu.bdf), -ENODEV);
	check_driver("");
}

static void asked(void)
{
	int round;

	for (round = 0; round < 5; round++) {
		CHECK_RET(host_unbind(gpu.bdf), 0);
		check_driver("");
		CHECK_RET(host_pci_write(gpu.bdf, "driver_override", DRIVER),
			  0);
		CHECK_RET(host_write("/sys/bus/pci/drivers_probe", gpu.bdf),
			  0);
		check_driver(DRIVER);
	}
}

/* "94 GiB" as well as "94.0 GiB". */
static bool tells_size(const char *text, u64 bytes)
{
	char plain[32], point[32];

	snprintf(plain, sizeof(plain), " %llu GiB", bytes / GIB);
	snprintf(point, sizeof(point), " %llu.0", bytes / GIB);
	return strstr(text, plain) || strstr(text, point);
}

static void says_so(void)
{
	char text[4096], base[32];
	int log;

	CHECK_RET(host_unbind(gpu.bdf), 0);
	log = kmsg_open();
	CHECK_RET(host_bind(gpu.bdf, DRIVER), 0);
	CHECK_EQ(kmsg_read(log, KMSG_INFO, gpu.bdf, text, sizeof(text)), 1);
	tap_note("%s", text);
	snprintf(base, sizeof(base), "%#llx", gpu.base);
	CHECK(strstr(text, base), "base %s is not told: %s", base, text);
	CHECK(strstr(text, "usemem") && tells_size(text, gpu.usemem.length) &&
	      tells_size(text, gpu.usemem.bar), "usemem is not told: %s", text);
	if (gpu.resmem.length)
		CHECK(strstr(text, "resmem") && tells_size(text, gpu.resmem.length) &&
		      tells_size(text, gpu.resmem.bar), "resmem is not told: %s", text);
	else
		CHECK(strstr(text, "no resmem"), "there is no resmem: %s", text);
}

static long bind_driver(void *bdf)
{
	return host_bind(bdf, DRIVER);
}

static void offered_when_ready(void)
{
	struct task task;

	CHECK_RET(host_unbind(gpu.bdf), 0);
	host_gpu_set_ready(&gpu, false);
	task_start(&task, bind_driver, gpu.bdf);
	CHECK(!task_ended(&task, STILL_WAITING_MS),
	      "probe did not wait for readiness");
	CHECK(!host_pci_has(gpu.bdf, "vfio-dev"),
	      "the device is offered before it is ready");
	host_gpu_set_ready(&gpu, true);
	CHECK(task_ended(&task, PATIENCE_MS), "probe waits on");
	CHECK_RET(task_end(&task), 0);
	check_driver(DRIVER);
}

static long wait_for(void *pid)
{
	return waitpid(*(pid_t *)pid, NULL, 0);
}

static void killed_in_probe(void)
{
	struct task task;
	pid_t pid;

	CHECK_RET(host_unbind(gpu.bdf), 0);
	host_gpu_set_ready(&gpu, false);
	pid = fork();
	CHECK(pid >= 0, "fork: %s", strerror(errno));
	if (!pid)
		_exit(!host_bind(gpu.bdf, DRIVER));
	task_start(&task, wait_for, &pid);
	CHECK(!task_ended(&task, STILL_WAITING_MS), "probe did not wait");
	kill(pid, SIGKILL);
	CHECK(task_ended(&task, PATIENCE_MS), "probe cannot be killed");
	task_end(&task);
	check_driver("");
	host_gpu_set_ready(&gpu, true);
	CHECK_RET(host_bind(gpu.bdf, DRIVER), 0);
}

/* As a reset leaves it that is over before anybody can restore the device. */
static void forget_bar0(void)
{
	char path[PATH_MAX];
	u64 none = 0;
	int fd;

	host_pci_path(path, sizeof(path), gpu.bdf, "config");
	fd = open(path, O_RDWR | O_CLOEXEC);
	CHECK(fd >= 0, "%s: %s", path, strerror(errno));
	CHECK_RET(pwrite(fd, &none, sizeof(none), PCI_BASE_ADDRESS_0), sizeof(none));
	close(fd);
}

static void bar0_lost(void)
{
	char text[4096];
	int log;

	CHECK_RET(host_unbind(gpu.bdf), 0);
	forget_bar0();
	log = kmsg_open();
	CHECK_RET(host_bind(gpu.bdf, DRIVER), -EIO);
	CHECK_EQ(kmsg_read(log, KMSG_ERR, gpu.bdf, text, sizeof(text)), 1);
	CHECK(strstr(text, "remove the device and rescan the bus"),
	      "it does not say what to do: %s", text);

	CHECK_RET(host_pci_write(gpu.bdf, "remove", "1"), 0);
	CHECK_RET(host_write("/sys/bus/pci/rescan", "1"), 0);
	CHECK_RET(host_bind(gpu.bdf, DRIVER), 0);
}

static const struct tap_test tests[] = {
	{ "D1.1 the module has the five ids, as vfio_pci: aliases only",
	  aliases },
	{ "D1.1 a device that nobody asked it to take is left alone",
	  unasked },
	{ "D1.1 driver_override and drivers_probe bind it, again and again",
	  asked },
	{ "D1.4 one line tells base, regions and BAR sizes", says_so },
	{ "D1.5 probe waits for readiness before it offers the device",
	  offered_when_ready },
	{ "D1.5 a process killed in a waiting probe dies",
	  killed_in_probe },
	{ "D1.5 one that has lost its BARs is refused, and bound when found again",
	  bar0_lost },
};

int main(int argc, char **argv)
{
	return program_run(argc, argv, tests, TAP_COUNT(tests));
}
