// SPDX-License-Identifier: GPL-2.0-only
/* Two GPUs at once: nothing of one is seen or waited for by the other. */
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "access.h"
#include "host.h"
#include "tap.h"

#define PATIENCE_MS 20000
#define STILL_WAITING_MS 500
#define MARK 0x2b0b000000000000ULL
#define STRIDES 64

static struct gpu gpus[2];
static struct vfio devs[2];

static void open_both(void)
{
	int i;

	for (i = 0; i < 2; i++)
		vfio_open(&devs[i], &gpus[i]);
}

/* Marks all over both memories, then looks for them. */
static void distinct_memory(void)
{
	static const unsigned int regions[] = { USEMEM, RESMEM };
	u64 value, offset;
	unsigned int r;
	int i, n;

	open_both();
	for (r = 0; r < TAP_COUNT(regions); r++) {
		for (n = 0; n < 2 * STRIDES; n++) {
			i = n % 2;
			offset = gpu_memory(&gpus[i], regions[r])->length /
				 STRIDES * (n / 2) / 8 * 8;
			value = MARK + n;
			CHECK_RET(vfio_write(&devs[i], regions[r], offset,
					     &value, 8), 8);
		}
		for (n = 0; n < 2 * STRIDES; n++) {
			i = n % 2;
			offset = gpu_memory(&gpus[i], regions[r])->length /
				 STRIDES * (n / 2) / 8 * 8;
			CHECK_RET(vfio_read(&devs[i], regions[r], offset,
					    &value, 8), 8);
			CHECK_EQ(value, MARK + n);
		}
	}
}

static void distinct_mappings(void)
{
	struct access accesses[2][ACCESS_KINDS];
	int i;

	open_both();
	for (i = 0; i < 2; i++) {
		access_prepare(accesses[i], &devs[i], USEMEM, 0);
		accesses[i][ACCESS_STORE].value = MARK + i;
	}
	for (i = 0; i < 2; i++)
		access_check(&accesses[i][ACCESS_STORE]);
	for (i = 0; i < 2; i++) {
		access_check(&accesses[i][ACCESS_LOAD]);
		CHECK_EQ(accesses[i][ACCESS_LOAD].value, MARK + i);
		access_check(&accesses[i][ACCESS_READ]);
		CHECK_EQ(accesses[i][ACCESS_READ].value, MARK + i);
	}
}

static void one_resets(void)
{
	struct access accesses[2][ACCESS_KINDS];
	u64 ones = ~0ULL, before, after;
	struct task task;
	int i;

	open_both();
	for (i = 0; i < 2; i++) {
		access_prepare(accesses[i], &devs[i], USEMEM, 0);
		access_check(&accesses[i][ACCESS_LOAD]);
		CHECK_RET(vfio_write(&devs[i], CONFIG, PCI_BASE_ADDRESS_4,
				     &ones, 8), 8);
	}
	CHECK_RET(vfio_read(&devs[1], CONFIG, PCI_BASE_ADDRESS_4, &before, 8),
		  8);
	host_gpu_never_ready(&gpus[0]);
	CHECK_RET(vfio_reset(&devs[0]), 0);
	CHECK_RET(vfio_read(&devs[1], CONFIG, PCI_BASE_ADDRESS_4, &after, 8),
		  8);
	CHECK_EQ(after, before);
	task_start(&task, access_run, &accesses[0][ACCESS_READ]);
	CHECK(!task_ended(&task, STILL_WAITING_MS), "it did not wait");
	access_check_all(accesses[1]);
	CHECK_RET(vfio_reset(&devs[1]), 0);
	access_check(&accesses[1][ACCESS_LOAD]);
	CHECK(!task_ended(&task, 0), "the other GPU waited for this one");
	host_gpu_set_ready(&gpus[0], true);
	CHECK(task_ended(&task, PATIENCE_MS), "it waits on");
	CHECK_RET(task_end(&task), 0);
}

static long bind_driver(void *bdf)
{
	return host_bind(bdf, DRIVER);
}

static void probe_together(void)
{
	struct task tasks[2];
	int i;

	for (i = 0; i < 2; i++) {
		CHECK_RET(host_unbind(gpus[i].bdf), 0);
		host_gpu_set_ready(&gpus[i], false);
		task_start(&tasks[i], bind_driver, gpus[i].bdf);
	}
	for (i = 0; i < 2; i++)
		CHECK(!task_ended(&tasks[i], STILL_WAITING_MS),
		      "probe did not wait");
	host_gpu_set_ready(&gpus[1], true);
	CHECK(task_ended(&tasks[1], PATIENCE_MS), "the ready GPU waits on");
	CHECK_RET(task_end(&tasks[1]), 0);
	CHECK(!task_ended(&tasks[0], 0), "the other GPU did not wait");
	host_gpu_set_ready(&gpus[0], true);
	CHECK(task_ended(&tasks[0], PATIENCE_MS), "probe waits on");
	CHECK_RET(task_end(&tasks[0]), 0);
}

static long insert_module(void *unused)
{
	(void)unused;
	return host_insert(MODULE_FILE);
}

/* Waits for a bind that somebody else does. */
static void check_bound(const char *bdf)
{
	long until = task_now_ms() + PATIENCE_MS;
	char driver[NAME_MAX + 1];

	do {
		task_sleep_ms(10);
		host_driver(bdf, driver, sizeof(driver));
		if (!strcmp(driver, DRIVER))
			return;
	} while (task_now_ms() < until);
	CHECK(false, "%s is not bound", bdf);
}

/* The driver arrives while the first GPU is not ready: the second must not wait. */
static void insert_together(void)
{
	struct task task;
	int i;

	for (i = 0; i < 2; i++)
		CHECK_RET(host_unbind(gpus[i].bdf), 0);
	CHECK_RET(host_remove_driver(), 0);
	for (i = 0; i < 2; i++)
		CHECK_RET(host_pci_write(gpus[i].bdf, "driver_override",
					 DRIVER), 0);
	host_gpu_set_ready(&gpus[0], false);
	task_start(&task, insert_module, NULL);
	check_bound(gpus[1].bdf);
	CHECK(!host_pci_has(gpus[0].bdf, "vfio-dev"), "it did not wait");
	host_gpu_set_ready(&gpus[0], true);
	check_bound(gpus[0].bdf);
	CHECK(task_ended(&task, PATIENCE_MS), "the insertion waits on");
	CHECK_RET(task_end(&task), 0);
}

static void one_leaves(void)
{
	struct access accesses[ACCESS_KINDS];

	vfio_open(&devs[1], &gpus[1]);
	access_prepare(accesses, &devs[1], USEMEM, 0);
	CHECK_RET(host_unbind(gpus[0].bdf), 0);
	access_check_all(accesses);
	CHECK_RET(host_bind(gpus[0].bdf, DRIVER), 0);
	access_check_all(accesses);
}

/* Both groups in one container, as a VMM with two GPUs does it. */
static void one_container(void)
{
	u64 value = MARK, got;

	vfio_open(&devs[0], &gpus[0]);
	vfio_join(&devs[1], &gpus[1], &devs[0]);
	CHECK_RET(vfio_write(&devs[1], USEMEM, 0, &value, 8), 8);
	value++;
	CHECK_RET(vfio_write(&devs[0], USEMEM, 0, &value, 8), 8);
	CHECK_RET(vfio_read(&devs[1], USEMEM, 0, &got, 8), 8);
	CHECK_EQ(got, MARK);
}

static void restore(void)
{
	int i;

	for (i = 0; i < 2; i++) {
		host_gpu_restore(&gpus[i]);
		host_rebind(gpus[i].bdf, DRIVER);
	}
}

static const struct tap_test tests[] = {
	{ "D5.1 two GPUs: read and write reach their own memory",
	  distinct_memory },
	{ "D4.2 two GPUs: mappings reach their own memory",
	  distinct_mappings },
	{ "D6.2 two GPUs: a reset of one is not seen by the other",
	  one_resets },
	{ "D1.5 two GPUs: one that is ready is bound while the other waits",
	  probe_together },
	{ "D1.6 at insertion no GPU waits for another",
	  insert_together },
	{ "D6.2 two GPUs: one is unbound while the other is in use",
	  one_leaves },
	{ "D6.1 two GPUs in one container", one_container },
};

int main(void)
{
	const struct tap_suite suite = {
		.tests = tests,
		.count = TAP_COUNT(tests),
		.after = restore,
	};
	int status, i;

	for (i = 0; i < 2; i++)
		gpus[i] = gpu_get(i + 1);
	restore();
	status = tap_run(&suite);
	for (i = 0; i < 2; i++)
		CHECK_RET(host_unbind(gpus[i].bdf), 0);
	return status;
}
