// SPDX-License-Identifier: GPL-2.0-only
/*
 * The administrator: all that sysfs and modprobe offer. Whatever takes a GPU away
 * from a VMM that runs has that VMM killed, before or while it waits for it.
 */
#include <stdio.h>
#include <string.h>

#include "fuzz.h"
#include "health.h"
#include "host.h"
#include "tap.h"
#include "task.h"

#define LEAVE_MS 200
#define AGAIN_MS 50

#define BUS "/sys/bus/pci"

static const char *random_method(struct rng *rng)
{
	static const char *const methods[] = {
		"default", "flr", "bus", "pm", "acpi", "device_specific", "flr bus", "bus flr",
		"pm flr", "\n", "nonsense",
	};

	return RNG_PICK(rng, methods);
}

static long reset(struct lane *lane)
{
	return host_pci_write(plan_target(lane)->gpu.bdf, "reset", "1");
}

static long reset_by(struct lane *lane)
{
	const char *bdf = plan_target(lane)->gpu.bdf;
	long ret;

	host_pci_write(bdf, "reset_method", random_method(&lane->rng));
	ret = host_pci_write(bdf, "reset", "1");
	if (rng_chance(&lane->rng, 70))
		host_pci_write(bdf, "reset_method", "default");
	return ret;
}

/* The port that the GPU is below. */
static void port_path(char *path, size_t len, const struct target *target, const char *file)
{
	snprintf(path, len, BUS "/devices/0000:00:%02x.0/%s", target->gpu.slot, file);
}

/* By a bridge's own file, on kernels that have it. */
static long reset_below(struct lane *lane)
{
	char path[128];

	port_path(path, sizeof(path), plan_target(lane), "reset_subordinate");
	return host_write(path, "1");
}

static long set_something(struct lane *lane)
{
	static const char *const settings[][2] = {
		{ "power/control", "auto" }, { "power/control", "on" },
		{ "d3cold_allowed", "0" }, { "d3cold_allowed", "1" }, { "uevent", "change" },
		{ "driver_override", DRIVER }, { "enable", "0" }, { "enable", "1" },
	};
	const char *const *setting = RNG_PICK(&lane->rng, settings);

	return host_pci_write(plan_target(lane)->gpu.bdf, setting[0], setting[1]);
}

static long look(struct lane *lane)
{
	static const char *const files[] = {
		"nvgrace_gpu/readiness", "nvgrace_gpu/base", "config", "resource", "reset_method",
		"power/runtime_status", "power_state", "current_link_speed", "uevent",
	};
	char text[4096];

	return host_pci_read(plan_target(lane)->gpu.bdf, RNG_PICK(&lane->rng, files), text,
			     sizeof(text));
}

static void take(struct target *target, struct rng *rng)
{
	target->leave_ms = task_now_ms() + rng_size(rng, LEAVE_MS);
}

/* There and bound, however often the hardware fails meanwhile. */
static void give_back(struct target *target)
{
	char driver[64];

	for (;;) {
		if (!host_pci_has(target->gpu.bdf, "vendor"))
			host_write(BUS "/rescan", "1");
		host_driver(target->gpu.bdf, driver, sizeof(driver));
		if (!strcmp(driver, DRIVER))
			break;
		host_unbind(target->gpu.bdf);
		if (health_bind(&target->gpu))
			task_sleep_ms(AGAIN_MS);
	}
	target->leave_ms = 0;
}

/* Something that its users lose it by; for a while, then it is as before. */
static long away(struct lane *lane, long (*how)(const struct target *target))
{
	struct target *target = plan_target(lane);
	long ret;

	take(target, &lane->rng);
	ret = how(target);
	task_sleep_ms(rng_size(&lane->rng, LEAVE_MS));
	give_back(target);
	return ret;
}

static long unbind_it(const struct target *target)
{
	return host_unbind(target->gpu.bdf);
}

static long rebind(struct lane *lane)
{
	return away(lane, unbind_it);
}

static long bind_to_core(const struct target *target)
{
	host_unbind(target->gpu.bdf);
	return host_bind(target->gpu.bdf, CORE_DRIVER);
}

static long other_driver(struct lane *lane)
{
	return away(lane, bind_to_core);
}

static long remove_it(const struct target *target)
{
	return host_pci_write(target->gpu.bdf, "remove", "1");
}

static long remove_gpu(struct lane *lane)
{
	return away(lane, remove_it);
}

static long remove_what_is_above(const struct target *target)
{
	char path[128];

	port_path(path, sizeof(path), target, "remove");
	return host_write(path, "1");
}

static long remove_port(struct lane *lane)
{
	return away(lane, fuzz->broken_links ? remove_it : remove_what_is_above);
}

static long rescan(struct lane *lane)
{
	return host_pci_write(plan_target(lane)->gpu.bdf, "rescan", "1");
}

/* Removed at once if it is in use, which must fail; then without users, which must not. */
static long reload(struct lane *lane)
{
	unsigned int i;
	long ret;

	host_remove_driver();
	host_insert(MODULE_FILE);
	for (i = 0; i < fuzz->gpus; i++)
		take(&fuzz->targets[i], &lane->rng);
	for (i = 0; i < fuzz->gpus; i++)
		host_unbind(fuzz->targets[i].gpu.bdf);
	ret = host_remove_driver();
	CHECK(!ret, "the module cannot be removed: %ld", ret);
	task_sleep_ms(rng_size(&lane->rng, LEAVE_MS));
	CHECK_RET(host_insert(MODULE_FILE), 0);
	for (i = 0; i < fuzz->gpus; i++)
		give_back(&fuzz->targets[i]);
	return ret;
}

static const struct op ops[] = {
	{ "reset", 30, reset },
	{ "reset by a method", 20, reset_by },
	{ "reset below the port", 10, reset_below },
	{ "set something", 20, set_something },
	{ "look", 20, look },
	{ "rebind", 10, rebind },
	{ "other driver", 3, other_driver },
	{ "remove GPU", 4, remove_gpu },
	{ "remove port", 3, remove_port },
	{ "rescan", 3, rescan },
	{ "reload", 4, reload },
	{ }
};

void admin_main(struct lane *lane)
{
	while (plan_step(lane, ops))
		;
}
