// SPDX-License-Identifier: GPL-2.0-only
/* Hardware that fails for a moment, by the rig's controls; and is well again. */
#include "fuzz.h"
#include "host.h"
#include "link_error.h"
#include "task.h"

#define MOMENT_MS 400
/* The link has a second to come back after a reset of the bus. */
#define RECOVERY_MS 2500
/* GH200 120GB: see quirk_no_bus_reset() for NVIDIA's in Linux */
#define NO_BUS_RESET_ID 0x2342

static void moment(struct lane *lane)
{
	task_sleep_ms(rng_size(&lane->rng, MOMENT_MS));
}

/*
 * Nobody may get at the memory from the end of this reset until it is ready again:
 * see vmm_content.c.
 */
static long never_ready(struct lane *lane)
{
	struct target *target = plan_target(lane);
	const struct gpu *gpu = &target->gpu;
	bool known;
	long ret;

	host_gpu_never_ready(gpu);
	ret = host_pci_write(gpu->bdf, "reset", "1");
	known = !ret && !host_gpu_is_ready(gpu);
	if (known)
		__atomic_add_fetch(&target->unready, 1, __ATOMIC_SEQ_CST);
	moment(lane);
	if (known)
		__atomic_add_fetch(&target->unready, 1, __ATOMIC_SEQ_CST);
	host_control_set(gpu->bdf, "train_ms", gpu->train_ms);
	host_gpu_set_ready(gpu, true);
	return ret;
}

static long slow(struct lane *lane)
{
	const struct gpu *gpu = &plan_target(lane)->gpu;

	host_control_set(gpu->bdf, "link_ms", rng_size(&lane->rng, MOMENT_MS));
	host_control_set(gpu->bdf, "train_ms", rng_size(&lane->rng, MOMENT_MS));
	moment(lane);
	host_control_set(gpu->bdf, "link_ms", gpu->link_ms);
	host_control_set(gpu->bdf, "train_ms", gpu->train_ms);
	return 0;
}

/* It says that it is not ready, without a reset. */
static long drop(struct lane *lane)
{
	const struct gpu *gpu = &plan_target(lane)->gpu;

	host_gpu_set_ready(gpu, false);
	moment(lane);
	host_gpu_set_ready(gpu, true);
	return 0;
}

/*
 * What is written to config space is lost meanwhile. A VMM that goes on to use the
 * registers may then bring a host down, so this has to be asked for.
 */
static long fail(struct lane *lane, const char *control)
{
	const struct gpu *gpu = &plan_target(lane)->gpu;

	if (!fuzz->lost)
		return drop(lane);
	host_control_set(gpu->bdf, control, 1);
	moment(lane);
	host_control_set(gpu->bdf, control, 0);
	return 0;
}

static long resets_fail(struct lane *lane)
{
	return fail(lane, "reset_fails");
}

static long gone(struct lane *lane)
{
	return fail(lane, "gone");
}

/* Linux gives up a GPU whose bus may not be reset, for good: that one is spared. */
static long broken_link(struct lane *lane)
{
	const struct gpu *gpu = &plan_target(lane)->gpu;
	long ret;

	if (!fuzz->broken_links || gpu->id == NO_BUS_RESET_ID)
		return drop(lane);
	ret = link_error(gpu->bdf);
	if (!ret)
		task_sleep_ms(RECOVERY_MS);
	return ret;
}

static const struct op ops[] = {
	{ "never ready", 30, never_ready },
	{ "slow", 15, slow },
	{ "drop", 10, drop },
	{ "resets fail", 10, resets_fail },
	{ "gone", 10, gone },
	{ "broken link", 5, broken_link },
	{ }
};

void hardware_main(struct lane *lane)
{
	while (plan_step(lane, ops))
		;
}
