// SPDX-License-Identifier: GPL-2.0-only
/*
 * D6.4: fatal errors on the link, by the kernel's aer_inject. The PCI core resets the
 * bus without a word to the driver before or after.
 */
#include <errno.h>

#include "access.h"
#include "bar0.h"
#include "host.h"
#include "link_error.h"
#include "program.h"
#include "touch.h"

#define PATIENCE_MS 20000
/* The link has a second to come back after its reset. */
#define RECOVERY_MS 2500

static struct vfio dev;
static struct access accesses[ACCESS_KINDS];
static char *bar0;

static void inject(void)
{
	CHECK_RET(link_error(gpu.bdf), 0);
}

static void begin(void)
{
	vfio_open(&dev, &gpu);
	access_prepare(accesses, &dev, USEMEM, 0);
	access_check(&accesses[ACCESS_STORE]);
	bar0 = bar0_map(&dev);
}

/* Until the driver has heard of it: BAR0 is out of reach then. */
static void wait_refused(void)
{
	long until = task_now_ms() + PATIENCE_MS;
	u32 value;

	while (vfio_read(&dev, BAR0, BAR0_SCRATCH, &value, 4) == 4) {
		CHECK(task_now_ms() < until, "BAR0 can still be read");
		task_sleep_ms(1);
	}
}

/* Recovered: the user turns memory decode on, the memory is waited for. */
static void fatal(void)
{
	struct task task;
	long resets;
	u64 value;

	begin();
	host_gpu_never_ready(&gpu);
	resets = host_control_get(gpu.bdf, "resets");
	inject();
	wait_refused();
	while (host_control_get(gpu.bdf, "resets") == resets)
		task_sleep_ms(1);
	task_sleep_ms(RECOVERY_MS);
	bar0_check_refused(&dev, bar0);
	vfio_set_decode(&dev, true);
	CHECK_RET(vfio_read(&dev, CONFIG, PCI_BASE_ADDRESS_4, &value, 8), 8);
	CHECK_EQ(value, 0xc);
	task_start(&task, access_run, &accesses[ACCESS_LOAD]);
	CHECK(!task_ended(&task, 300), "a load did not wait for readiness");
	host_gpu_set_ready(&gpu, true);
	CHECK_RET(task_end(&task), 0);
	access_check_all(accesses);
	bar0_check_works(&dev, bar0);
}

/* Linux does not reset the bus of this one: it is given up. */
static void not_recovered(void)
{
	begin();
	inject();
	wait_refused();
	task_sleep_ms(RECOVERY_MS);
	bar0_check_refused(&dev, bar0);
}

/* While a VMM goes on using BAR0, which it does until it is told. */
static bool over;

static long hammer(void *arg)
{
	u64 value;

	(void)arg;
	while (!__atomic_load_n(&over, __ATOMIC_RELAXED)) {
		vfio_read(&dev, BAR0, BAR0_SCRATCH, &value, 4);
		touch_load(bar0 + BAR0_SCRATCH, &value);
	}
	return 0;
}

static void fatal_in_use(void)
{
	struct task task;
	int i;

	begin();
	task_start(&task, hammer, NULL);
	for (i = 0; i < 3; i++) {
		inject();
		task_sleep_ms(RECOVERY_MS);
		vfio_reset(&dev);
		vfio_set_decode(&dev, true);
	}
	__atomic_store_n(&over, true, __ATOMIC_RELAXED);
	CHECK_RET(task_end(&task), 0);
}

static void reopened(void)
{
	vfio_open(&dev, &gpu);
	inject();
	vfio_close(&dev);
	task_sleep_ms(RECOVERY_MS);
	vfio_open(&dev, &gpu);
	access_prepare(accesses, &dev, USEMEM, 0);
	host_gpu_set_ready(&gpu, true);
	access_check(&accesses[ACCESS_READ]);
}

static const struct tap_test tests[] = {
	{ "D6.4 after a fatal error all BARs are out of reach, then as after a reset",
	  fatal },
	{ "D6.4 fatal errors while BAR0 is in use", fatal_in_use },
	{ "D6.4 closed in a fatal error's recovery", reopened },
};

static const struct tap_test no_bus_tests[] = {
	{ "D6.4 after a fatal error without recovery all BARs are out of reach",
	  not_recovered },
};

/* A second argument: its bus is not reset. */
int main(int argc, char **argv)
{
	if (argc > 2)
		return program_run(argc, argv, no_bus_tests,
				   TAP_COUNT(no_bus_tests));
	return program_run(argc, argv, tests, TAP_COUNT(tests));
}
