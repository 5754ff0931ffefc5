// SPDX-License-Identifier: GPL-2.0-only
/*
 * D6.4: BARs that are the core's own, in use while somebody resets the GPU. A
 * touch that gets through is an abort: the host's end by read() or write(), SIGBUS
 * by a mapping.
 */
#include <errno.h>
#include <string.h>

#include "bar0.h"
#include "host.h"
#include "program.h"
#include "task.h"
#include "touch.h"

#define AT_LEAST_MS 2000
#define PATIENCE_MS 60000

/**
 * struct worker - one of the threads
 * @name: for the notes
 * @step: one round of what it does
 * @rounds: how many it has done
 * @task: the thread
 */
struct worker {
	const char *name;
	void (*step)(void);
	unsigned long rounds;
	struct task task;
};

static struct vfio dev;
static char *bar0;
static const char *method;
static bool over;

static void read_step(void)
{
	u32 value;

	CHECK_RET(vfio_read(&dev, BAR0, BAR0_SCRATCH, &value, 4), 4);
}

static void write_step(void)
{
	u32 value = 0x5ca7c400;

	CHECK_RET(vfio_write(&dev, BAR0, BAR0_SCRATCH + 8, &value, 4), 4);
}

static void load_step(void)
{
	u64 value;

	CHECK_RET(touch_load(bar0 + BAR0_SCRATCH, &value), 0);
}

static void store_step(void)
{
	CHECK_RET(touch_store(bar0 + BAR0_SCRATCH + 16, 0x5ca7c400), 0);
}

/* Holds what keeps others from BARs, while config space is blocked by a reset. */
static void command_step(void)
{
	u16 command;

	CHECK_RET(vfio_read(&dev, CONFIG, PCI_COMMAND, &command, 2), 2);
	CHECK(command & PCI_COMMAND_MEMORY, "memory decode went off");
	CHECK_RET(vfio_write(&dev, CONFIG, PCI_COMMAND, &command, 2), 2);
}

static void ioctl_step(void)
{
	int ret = vfio_reset(&dev);

	CHECK(!ret || ret == -EAGAIN, "VFIO_DEVICE_RESET: %s", strerror(-ret));
	task_sleep_ms(20);
}

static void sysfs_step(void)
{
	CHECK_RET(host_pci_write(gpu.bdf, "reset", "1"), 0);
	task_sleep_ms(5);
}

static long worker_run(void *arg)
{
	struct worker *worker = arg;

	while (!__atomic_load_n(&over, __ATOMIC_RELAXED)) {
		worker->step();
		__atomic_fetch_add(&worker->rounds, 1, __ATOMIC_RELAXED);
	}
	return 0;
}

/* Each has done something: that may take a while on a busy machine. */
static void wait_for(const struct worker *worker, long patience_ms)
{
	long until = task_now_ms() + patience_ms;

	while (!__atomic_load_n(&worker->rounds, __ATOMIC_RELAXED)) {
		CHECK(task_now_ms() < until, "%s hangs", worker->name);
		task_sleep_ms(10);
	}
}

/* All at once, for a while. */
static void run(struct worker *workers, size_t count)
{
	size_t i;

	vfio_open(&dev, &gpu);
	bar0 = vfio_map(&dev, BAR0, 0, 0x10000);
	if (method)
		CHECK_RET(host_pci_write(gpu.bdf, "reset_method", method), 0);
	for (i = 0; i < count; i++)
		task_start(&workers[i].task, worker_run, &workers[i]);
	task_sleep_ms(AT_LEAST_MS);
	for (i = 0; i < count; i++)
		wait_for(&workers[i], PATIENCE_MS);
	__atomic_store_n(&over, true, __ATOMIC_RELAXED);
	for (i = 0; i < count; i++) {
		CHECK(task_ended(&workers[i].task, PATIENCE_MS), "%s hangs",
		      workers[i].name);
		CHECK_RET(task_end(&workers[i].task), 0);
		tap_note("%s: %lu", workers[i].name, workers[i].rounds);
	}
	if (method)
		CHECK_RET(host_pci_write(gpu.bdf, "reset_method", "default"), 0);
}

static void by_system_call(void)
{
	struct worker workers[] = {
		{ "read() of BAR0", read_step },
		{ "write() to BAR0", write_step },
		{ "reset by sysfs", sysfs_step },
	};

	run(workers, TAP_COUNT(workers));
}

static void by_mapping(void)
{
	struct worker workers[] = {
		{ "load from BAR0", load_step },
		{ "store to BAR0", store_step },
		{ "reset by sysfs", sysfs_step },
	};

	run(workers, TAP_COUNT(workers));
}

static void by_config(void)
{
	struct worker workers[] = {
		{ "write to COMMAND", command_step },
		{ "read() of BAR0", read_step },
		{ "load from BAR0", load_step },
		{ "reset by sysfs", sysfs_step },
	};

	run(workers, TAP_COUNT(workers));
}

static void by_ioctl(void)
{
	struct worker workers[] = {
		{ "VFIO_DEVICE_RESET", ioctl_step },
		{ "read() of BAR0", read_step },
		{ "store to BAR0", store_step },
		{ "reset by sysfs", sysfs_step },
	};

	run(workers, TAP_COUNT(workers));
}

static const struct tap_test tests[] = {
	{ "D6.4 no read() or write() gets to BAR0 in a reset by sysfs",
	  by_system_call, 180 },
	{ "D6.4 no mapping of BAR0 gets through in a reset by sysfs",
	  by_mapping, 180 },
	{ "D6.4 config writes and a reset by sysfs let each other end",
	  by_config, 180 },
	{ "D6.4 VFIO_DEVICE_RESET and a reset by sysfs let each other end",
	  by_ioctl, 180 },
};

/* A second argument: the reset method. */
int main(int argc, char **argv)
{
	if (argc > 2)
		method = argv[2];
	return program_run(argc, argv, tests, TAP_COUNT(tests));
}
