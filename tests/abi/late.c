// SPDX-License-Identifier: GPL-2.0-only
/*
 * D1.5, D1.6: a GPU that is not ready when the driver arrives: nobody waits for it,
 * and it is bound when it is.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host.h"
#include "kmsg.h"
#include "tap.h"
#include "task.h"

#define AT_ONCE_MS 5000
#define PATIENCE_MS 20000
#define STILL_WAITING_MS 1000
#define LOOK_MS 10
#define LIMIT_MS 30000
#define MODULE_FOLDER "/sys/module/" DRIVER

static struct gpu gpu;

static long insert_module(void *unused)
{
	(void)unused;
	return host_insert(MODULE_FILE);
}

static long remove_module(void *unused)
{
	(void)unused;
	return host_remove_driver();
}

/* The link to the driver is there in each of its tries, too. */
static bool is_offered(void)
{
	return host_pci_has(gpu.bdf, "vfio-dev");
}

/* Waits for a bind that somebody else does. */
static void check_bound(void)
{
	long until = task_now_ms() + PATIENCE_MS;
	char driver[NAME_MAX + 1];

	while (!is_offered() && task_now_ms() < until)
		task_sleep_ms(LOOK_MS);
	CHECK(is_offered(), "%s is not bound", gpu.bdf);
	host_driver(gpu.bdf, driver, sizeof(driver));
	CHECK(!strcmp(driver, DRIVER), "%s has '%s'", gpu.bdf, driver);
}

static void check_stays_unbound(void)
{
	task_sleep_ms(STILL_WAITING_MS);
	CHECK(!is_offered(), "%s is bound", gpu.bdf);
}

static void check_at_once(long (*run)(void *arg), void *arg, const char *what)
{
	struct task task;

	task_start(&task, run, arg);
	CHECK(task_ended(&task, AT_ONCE_MS), "%s waits for the GPU", what);
	CHECK_RET(task_end(&task), 0);
}

/* The driver arrives. */
static void insert_while_not_ready(void)
{
	CHECK_RET(host_unbind(gpu.bdf), 0);
	CHECK_RET(remove_module(NULL), 0);
	CHECK_RET(host_pci_write(gpu.bdf, "driver_override", DRIVER), 0);
	host_gpu_set_ready(&gpu, false);
	check_at_once(insert_module, NULL, "the insertion of a module");
	check_stays_unbound();
}

static void insertion(void)
{
	char text[4096];
	int log = kmsg_open();

	insert_while_not_ready();
	CHECK_EQ(kmsg_read(log, KMSG_INFO, gpu.bdf, text, sizeof(text)), 1);
	CHECK(strstr(text, "not ready yet"), "it says: %s", text);
	host_gpu_set_ready(&gpu, true);
	check_bound();
	/* Said when the GPU is on offer already. */
	task_sleep_ms(STILL_WAITING_MS);
	CHECK_EQ(kmsg_read(log, KMSG_INFO, gpu.bdf, text, sizeof(text)), 1);
	CHECK_EQ(kmsg_read(log, KMSG_ERR, gpu.bdf, text, sizeof(text)), 0);
}

static void never_ready(void)
{
	int log = kmsg_open();
	char text[4096];
	long start = task_now_ms();

	insert_while_not_ready();
	while (!kmsg_read(log, KMSG_ERR, gpu.bdf, text, sizeof(text)))
		task_sleep_ms(100);
	CHECK(task_now_ms() - start >= LIMIT_MS - 1000, "too early: %s", text);
	CHECK(strstr(text, "not ready after 30 s") && strstr(text, "link"),
	      "it says: %s", text);
	host_gpu_set_ready(&gpu, true);
	check_stays_unbound();
	CHECK_EQ(kmsg_read(log, KMSG_ERR, gpu.bdf, text, sizeof(text)), 0);
	CHECK_RET(host_bind(gpu.bdf, DRIVER), 0);
}

static void unloaded(void)
{
	insert_while_not_ready();
	check_at_once(remove_module, NULL, "the removal of the module");
	host_gpu_set_ready(&gpu, true);
	check_stays_unbound();
	CHECK_RET(insert_module(NULL), 0);
	check_bound();
}

static void no_longer_asked(void)
{
	insert_while_not_ready();
	CHECK_RET(host_pci_write(gpu.bdf, "driver_override", "\n"), 0);
	host_gpu_set_ready(&gpu, true);
	check_stays_unbound();
}

static void another_driver(void)
{
	char driver[NAME_MAX + 1];

	insert_while_not_ready();
	CHECK_RET(host_bind(gpu.bdf, CORE_DRIVER), 0);
	host_gpu_set_ready(&gpu, true);
	task_sleep_ms(STILL_WAITING_MS);
	host_driver(gpu.bdf, driver, sizeof(driver));
	CHECK(!strcmp(driver, CORE_DRIVER), "it has '%s'", driver);
}

static long remove_device(void *unused)
{
	(void)unused;
	return host_pci_write(gpu.bdf, "remove", "1");
}

static void removed(void)
{
	insert_while_not_ready();
	check_at_once(remove_device, NULL, "the removal of the GPU");
	host_gpu_set_ready(&gpu, true);
	CHECK_RET(host_write("/sys/bus/pci/rescan", "1"), 0);
	check_stays_unbound();
	CHECK_RET(host_bind(gpu.bdf, DRIVER), 0);
}

static long wait_for(void *pid)
{
	return waitpid(*(pid_t *)pid, NULL, 0);
}

/*
 * A probe that waits has the link to the driver for longer than one that looks.
 * Looks are counted, for the time may go by between two of them.
 */
static void check_waits(void)
{
	long until = task_now_ms() + PATIENCE_MS;
	char driver[NAME_MAX + 1];
	int looks = 0;

	while (looks < STILL_WAITING_MS / LOOK_MS) {
		CHECK(task_now_ms() < until, "nobody waits");
		host_driver(gpu.bdf, driver, sizeof(driver));
		looks = strcmp(driver, DRIVER) ? 0 : looks + 1;
		task_sleep_ms(LOOK_MS);
	}
}

/* Who binds by hand takes over, and when he is killed nobody goes on. */
static void taken_over(void)
{
	struct task task;
	pid_t pid;

	insert_while_not_ready();
	pid = fork();
	CHECK(pid >= 0, "fork: %s", strerror(errno));
	if (!pid)
		_exit(!host_bind(gpu.bdf, DRIVER));
	check_waits();
	task_start(&task, wait_for, &pid);
	CHECK(!task_ended(&task, 0), "it did not wait");
	kill(pid, SIGKILL);
	CHECK(task_ended(&task, AT_ONCE_MS), "it cannot be killed");
	task_end(&task);
	host_gpu_set_ready(&gpu, true);
	check_stays_unbound();
}

static long bind_by_hand(void *unused)
{
	(void)unused;
	return host_bind(gpu.bdf, DRIVER);
}

/* Hardware that goes while somebody waits for it. */
static void gone_meanwhile(void)
{
	int log = kmsg_open();
	struct task task;
	char text[4096];

	insert_while_not_ready();
	task_start(&task, bind_by_hand, NULL);
	check_waits();
	host_control_set(gpu.bdf, "gone", 1);
	CHECK(task_ended(&task, AT_ONCE_MS), "it goes on waiting");
	CHECK_RET(task_end(&task), -EIO);
	CHECK_EQ(kmsg_read(log, KMSG_ERR, gpu.bdf, text, sizeof(text)), 1);
	CHECK(strstr(text, "the device does not answer"), "it says: %s", text);
}

static void not_ready_on_node(void)
{
	CHECK_RET(host_unbind(gpu.bdf), 0);
	CHECK_RET(host_pci_write(gpu.bdf, "numa_node", "0"), 0);
	host_gpu_set_ready(&gpu, false);
}

/*
 * A device of a NUMA node is probed by a kernel thread, whoever asked for it: that
 * can't be killed.
 */
static void numa_node(void)
{
	struct task task;

	not_ready_on_node();
	task_start(&task, bind_by_hand, NULL);
	CHECK(!task_ended(&task, STILL_WAITING_MS), "it did not wait");
	host_gpu_set_ready(&gpu, true);
	CHECK(task_ended(&task, AT_ONCE_MS), "it goes on waiting");
	CHECK_RET(task_end(&task), 0);
	CHECK(is_offered(), "%s is not bound", gpu.bdf);
}

static void numa_node_long(void)
{
	struct task task;

	not_ready_on_node();
	task_start(&task, bind_by_hand, NULL);
	CHECK(task_ended(&task, PATIENCE_MS), "it waits for too long");
	CHECK_RET(task_end(&task), -EAGAIN);
	check_stays_unbound();
	host_gpu_set_ready(&gpu, true);
	check_bound();
}

static void restore(void)
{
	if (access(MODULE_FOLDER, F_OK))
		CHECK_RET(insert_module(NULL), 0);
	CHECK_RET(host_pci_write(gpu.bdf, "numa_node", "-1"), 0);
	host_gpu_restore(&gpu);
	host_rebind(gpu.bdf, DRIVER);
}

static const struct tap_test tests[] = {
	{ "D1.6 no module waits for a GPU, which is bound when it is ready",
	  insertion },
	{ "D1.5 a GPU that does not get ready says so once", never_ready, 120 },
	{ "D1.6 the driver is unloaded while a GPU is not ready", unloaded },
	{ "D1.1 driver_override is cleared before the GPU is ready",
	  no_longer_asked },
	{ "D1.1 another driver is bound before the GPU is ready",
	  another_driver },
	{ "D1.6 the GPU is removed before it is ready", removed },
	{ "D1.6 a bind by hand takes over, and can be killed",
	  taken_over },
	{ "D1.6 a GPU goes while a bind by hand waits for it", gone_meanwhile },
	{ "D1.6 a bind by hand of a NUMA node's GPU waits for it", numa_node },
	{ "D1.6 a bind by hand that could not be killed does not wait for long",
	  numa_node_long },
};

int main(int argc, char **argv)
{
	const struct tap_suite suite = {
		.tests = tests,
		.count = TAP_COUNT(tests),
		.before = restore,
		.after = restore,
	};
	int status;

	gpu = gpu_from_args(argc, argv);
	status = tap_run(&suite);
	CHECK_RET(host_unbind(gpu.bdf), 0);
	return status;
}
