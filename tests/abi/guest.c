// SPDX-License-Identifier: GPL-2.0-only
/*
 * guest [cdev]: a KVM guest with all GPUs of the host, by group or by cdev: started
 * once, then rebooted, its GPUs unplugged and plugged in again, killed.
 */
#include "assign.h"
#include "host.h"
#include "marks.h"
#include "tap.h"
#include "task.h"
#include "vm.h"

#define LOOK_MS 100

/* Emulation on a busy machine is slow. */
#define PATIENCE_S 600

/* Marks of different times and writers are different. */
enum {
	BY_HOST = 1,
	BY_GUEST,
	AFTER_REBOOT,
	WHILE_UNPLUGGED,
};

static struct vm vm;
static unsigned int kind;

static void on_each(const char *command, unsigned int seed)
{
	int i;

	for (i = 0; i < ASSIGN_GPUS; i++)
		vm_run(&vm, "%s %u %u", command, assign_gpus[i].slot, seed);
}

static void check_each(unsigned int seed)
{
	int i;

	for (i = 0; i < ASSIGN_GPUS; i++)
		marks_check(&assign_gpus[i], MARKS_HOST, seed);
}

static void right_bars(void)
{
	vm_wait_up(&vm);
	on_each("bars", 0);
}

static void guest_sees_host(void)
{
	on_each("check", BY_HOST);
}

static void host_sees_guest(void)
{
	on_each("put", BY_GUEST);
	check_each(BY_GUEST);
}

static void past_the_end(void)
{
	on_each("beyond", 0);
}

static void reboots(void)
{
	long resets[ASSIGN_GPUS];
	int i;

	for (i = 0; i < ASSIGN_GPUS; i++)
		resets[i] = host_control_get(assign_gpus[i].bdf, "resets");
	vm_qmp(&vm, "system_reset", "{}");
	vm_wait_up(&vm);
	for (i = 0; i < ASSIGN_GPUS; i++)
		CHECK(host_control_get(assign_gpus[i].bdf, "resets") > resets[i],
		      "GPU %d was not reset", i + 1);
	on_each("bars", 0);
	on_each("check", BY_GUEST);
	on_each("put", AFTER_REBOOT);
	check_each(AFTER_REBOOT);
}

static void hotplug(void)
{
	vm_unplug(&vm, 1);
	vm_run(&vm, "absent 1");
	assign_check_back(&assign_gpus[0]);
	marks_check(&assign_gpus[0], MARKS_HOST, AFTER_REBOOT);
	vm_run(&vm, "check 2 %u", AFTER_REBOOT);
	marks_put(&assign_gpus[0], MARKS_HOST, WHILE_UNPLUGGED);
	vm_plug(&vm, 1);
	vm_run(&vm, "present 1");
	vm_run(&vm, "bars 1");
	vm_run(&vm, "check 1 %u", WHILE_UNPLUGGED);
	vm_run(&vm, "put 1 %u", AFTER_REBOOT);
}

static void killed(void)
{
	int i;

	vm_kill(&vm);
	for (i = 0; i < ASSIGN_GPUS; i++)
		assign_check_back(&assign_gpus[i]);
	check_each(AFTER_REBOOT);
}

/* The BARs of a guest are mapped, which takes an access, when it enables them. */
static void killed_waiting(void)
{
	const struct gpu *gpu = &assign_gpus[1];
	struct vm waiting;

	host_gpu_never_ready(gpu);
	vm_start(&waiting, "waiting guest", kind, 1 << 1);
	vm_wait_up(&waiting);
	vm_send(&waiting, "put 2");
	while (!vm_waits_for_readiness(&waiting))
		task_sleep_ms(LOOK_MS);
	vm_kill(&waiting);
	host_gpu_restore(gpu);
	assign_check_back(gpu);
	check_each(AFTER_REBOOT);
}

static const struct tap_test tests[] = {
	{ "D2.1 a guest sees 64-bit prefetchable BARs of the emulated size",
	  right_bars, PATIENCE_S },
	{ "D4.5 a guest sees what the host left in the memory",
	  guest_sees_host, PATIENCE_S },
	{ "D4.5 the host sees what the guest wrote, wherever the memory is",
	  host_sees_guest, PATIENCE_S },
	{ "D5.1 a guest reads all ones past the real end",
	  past_the_end, PATIENCE_S },
	{ "D6.2 a guest that is reset uses the memory again",
	  reboots, PATIENCE_S },
	{ "D6.2 a GPU is unplugged from a running guest and plugged in again",
	  hotplug, PATIENCE_S },
	{ "D2.4 a killed guest leaves the GPUs free, BARs 0, memory as it was",
	  killed, PATIENCE_S },
	{ "D6.2 a guest killed while it waits for readiness dies",
	  killed_waiting, PATIENCE_S },
};

int main(int argc, char **argv)
{
	kind = assign_kind(argc, argv);
	assign_begin(BY_HOST);
	if (assign_has_no_room(kind))
		return assign_run_without_room();
	vm_start(&vm, "guest", kind, 3);
	return assign_run(tests, TAP_COUNT(tests), &vm, 1);
}
