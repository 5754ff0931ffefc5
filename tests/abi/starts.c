// SPDX-License-Identifier: GPL-2.0-only
/*
 * starts TIMES [cdev]: a KVM guest with all GPUs of the host is started, uses them and is
 * killed, so many times.
 */
#include <stdlib.h>

#include "assign.h"
#include "flat.h"
#include "marks.h"
#include "tap.h"
#include "vm.h"

/* Emulation on a busy machine is slow. */
#define PATIENCE_S 120

static unsigned int kind, times, seed;

static void start_once(void)
{
	struct vm vm;
	int i;

	vm_start(&vm, "guest", kind, 3);
	vm_wait_up(&vm);
	seed++;
	for (i = 0; i < ASSIGN_GPUS; i++) {
		vm_run(&vm, "put %u %u", assign_gpus[i].slot, seed);
		marks_check(&assign_gpus[i], MARKS_HOST, seed);
	}
	vm_kill(&vm);
	for (i = 0; i < ASSIGN_GPUS; i++)
		assign_check_back(&assign_gpus[i]);
}

static void starts(void)
{
	flat_run(times, start_once);
}

int main(int argc, char **argv)
{
	static struct tap_test tests[] = {
		{ "D9.1 guests leave nothing behind", starts },
	};

	CHECK(argc > 1, "usage: starts TIMES [cdev]");
	times = strtoul(argv[1], NULL, 10);
	CHECK(times, "'%s' is not a number of times", argv[1]);
	kind = assign_kind(argc - 1, argv + 1);
	tests[0].timeout_s = PATIENCE_S * (times + times / 10 + 10);
	assign_begin(seed);
	if (assign_has_no_room(kind))
		return assign_run_without_room();
	return assign_run(tests, TAP_COUNT(tests), NULL, 0);
}
