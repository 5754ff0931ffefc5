// SPDX-License-Identifier: GPL-2.0-only
/* D6.3, D6.5: accesses with PCI memory decode off, and in D3hot, whoever put it there. */
#include <errno.h>

#include "access.h"
#include "host.h"
#include "program.h"

#define PATIENCE_MS 20000
#define STILL_WAITING_MS 300
#define MARK 0x7e57ab1e00000000ULL

static struct vfio dev;
static struct access accesses[ACCESS_KINDS];

static void open_ready(void)
{
	vfio_open(&dev, &gpu);
	access_prepare(accesses, &dev, USEMEM, 0);
	access_check(&accesses[ACCESS_LOAD]);
}

/* All kinds of access work and see the same memory. */
static void check_all(u64 mark)
{
	accesses[ACCESS_WRITE].value = mark;
	access_check(&accesses[ACCESS_WRITE]);
	access_check(&accesses[ACCESS_LOAD]);
	CHECK_EQ(accesses[ACCESS_LOAD].value, mark);
	accesses[ACCESS_STORE].value = mark + 1;
	access_check(&accesses[ACCESS_STORE]);
	access_check(&accesses[ACCESS_READ]);
	CHECK_EQ(accesses[ACCESS_READ].value, mark + 1);
}

/* Each kind is refused, long before a wait would have ended. */
static void check_refused(void)
{
	enum access_kind kind;
	struct task task;

	for (kind = 0; kind < ACCESS_KINDS; kind++) {
		task_start(&task, access_run, &accesses[kind]);
		CHECK(task_ended(&task, PATIENCE_MS), "a %s waits",
		      access_name(kind));
		CHECK_RET(task_end(&task), access_refused(kind));
	}
}

static void off_when_ready(void)
{
	int round;

	open_ready();
	for (round = 0; round < 3; round++) {
		vfio_set_decode(&dev, false);
		check_all(MARK + round);
		access_prepare(accesses, &dev, USEMEM, 0);
		check_all(MARK + 16 + round);
		vfio_set_decode(&dev, true);
		check_all(MARK + 32 + round);
	}
}

/*
 * A check is due and BAR0 cannot be read. Readiness by config space can be
 * checked with decode off as well as on.
 */
static void off_when_due(void)
{
	open_ready();
	host_gpu_never_ready(&gpu);
	CHECK_RET(vfio_reset(&dev), 0);
	if (gpu.cxl) {
		host_gpu_set_ready(&gpu, true);
		vfio_set_decode(&dev, false);
		check_all(MARK);
		return;
	}
	vfio_set_decode(&dev, false);
	check_refused();
	host_gpu_set_ready(&gpu, true);
	check_refused();
	vfio_set_decode(&dev, true);
	check_all(MARK);
}

/* Decode goes off under a waiting access. */
static void off_while_waiting(void)
{
	enum access_kind kind;
	struct task task;

	open_ready();
	host_gpu_never_ready(&gpu);
	for (kind = 0; kind < ACCESS_KINDS; kind++) {
		CHECK_RET(vfio_reset(&dev), 0);
		vfio_set_decode(&dev, true);
		task_start(&task, access_run, &accesses[kind]);
		CHECK(!task_ended(&task, STILL_WAITING_MS),
		      "a %s did not wait", access_name(kind));
		vfio_set_decode(&dev, false);
		if (gpu.cxl)
			host_gpu_set_ready(&gpu, true);
		CHECK(task_ended(&task, PATIENCE_MS),
		      "a %s waits on with decode off", access_name(kind));
		CHECK_RET(task_end(&task),
			  gpu.cxl ? 0 : access_refused(kind));
	}
	host_gpu_set_ready(&gpu, true);
	vfio_set_decode(&dev, true);
	check_all(MARK);
}

static void set_low_power(u32 feature)
{
	CHECK_RET(vfio_feature(&dev, VFIO_DEVICE_FEATURE_SET | feature), 0);
}

static void suspended(void)
{
	enum access_kind kind;
	int round;

	open_ready();
	check_all(MARK);
	for (round = 0; round < 2; round++) {
		set_low_power(VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY);
		for (kind = 0; kind < ACCESS_KINDS; kind++) {
			bool mapped = kind == ACCESS_LOAD ||
				      kind == ACCESS_STORE;

			vfio_wait_suspended(&dev);
			CHECK_RET(access_run(&accesses[kind]),
				  mapped ? -EFAULT : 0);
		}
		set_low_power(VFIO_DEVICE_FEATURE_LOW_POWER_EXIT);
		check_all(MARK + round);
	}
}

static void suspended_when_due(void)
{
	open_ready();
	host_gpu_never_ready(&gpu);
	CHECK_RET(vfio_reset(&dev), 0);
	host_gpu_set_ready(&gpu, true);
	set_low_power(VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY);
	vfio_wait_suspended(&dev);
	CHECK_RET(access_run(&accesses[ACCESS_LOAD]), -EFAULT);
	access_check(&accesses[ACCESS_READ]);
	set_low_power(VFIO_DEVICE_FEATURE_LOW_POWER_EXIT);
	check_all(MARK);
}

static void d3hot(void)
{
	enum access_kind kind;
	struct task task;
	long resets;

	host_control_set(gpu.bdf, "soft_reset", 1);
	host_rebind(gpu.bdf, DRIVER);
	open_ready();
	check_all(MARK);
	host_gpu_never_ready(&gpu);
	for (kind = 0; kind < ACCESS_KINDS; kind++) {
		resets = host_control_get(gpu.bdf, "resets");
		vfio_set_power_state(&dev, 3);
		check_refused();
		vfio_set_power_state(&dev, 0);
		CHECK(host_control_get(gpu.bdf, "resets") > resets,
		      "waking up was no reset");
		task_start(&task, access_run, &accesses[kind]);
		CHECK(!task_ended(&task, STILL_WAITING_MS),
		      "a %s did not wait", access_name(kind));
		host_gpu_set_ready(&gpu, true);
		CHECK(task_ended(&task, PATIENCE_MS), "a %s waits on",
		      access_name(kind));
		CHECK_RET(task_end(&task), 0);
	}
	check_all(MARK);
}

static const struct tap_test tests[] = {
	{ "D6.3 decode off, ready: every kind of access works",
	  off_when_ready },
	{ "D6.3 decode off, check due: refused unless config space tells",
	  off_when_due },
	{ "D6.3 decode turned off under a waiting access",
	  off_while_waiting },
	{ "D6.3 suspended: read and write resume it, a mapping gets SIGBUS",
	  suspended, 120 },
	{ "D6.3 suspended with a check due", suspended_when_due },
	{ "D6.5 D3hot: no access gets through, each waits after it", d3hot },
};

int main(int argc, char **argv)
{
	return program_run(argc, argv, tests, TAP_COUNT(tests));
}
