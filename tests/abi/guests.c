// SPDX-License-Identifier: GPL-2.0-only
/*
 * guests [cdev]: two KVM guests at once, a GPU each; the second has an IOMMU of its
 * own, and may have its GPU by cdev.
 */
#include "assign.h"
#include "marks.h"
#include "tap.h"
#include "vm.h"

/* Emulation on a busy machine is slow. */
#define PATIENCE_S 600

/* Marks of different writers are different. */
enum {
	BY_HOST = 5,
	BY_FIRST,
	BY_SECOND,
};

static struct vm guests[2];
static struct vm *const first = &guests[0], *const second = &guests[1];

static void each_its_own(void)
{
	vm_wait_up(first);
	vm_wait_up(second);
	vm_run(first, "bars 1");
	vm_run(second, "bars 2");
	vm_run(first, "check 1 %u", BY_HOST);
	vm_run(second, "check 2 %u", BY_HOST);
	vm_run(first, "put 1 %u", BY_FIRST);
	vm_run(second, "put 2 %u", BY_SECOND);
	marks_check(&assign_gpus[0], MARKS_HOST, BY_FIRST);
	marks_check(&assign_gpus[1], MARKS_HOST, BY_SECOND);
}

static void no_other(void)
{
	vm_run(first, "absent 2");
	vm_run(second, "absent 1");
}

static void nested(void)
{
	vm_run(second, "inside 2 %u", BY_SECOND);
}

static void one_killed(void)
{
	vm_kill(second);
	assign_check_back(&assign_gpus[1]);
	vm_run(first, "put 1 %u", BY_HOST);
	marks_check(&assign_gpus[0], MARKS_HOST, BY_HOST);
	marks_check(&assign_gpus[1], MARKS_HOST, BY_SECOND);
}

static const struct tap_test tests[] = {
	{ "D4.5 two guests use the memory of their own GPU",
	  each_its_own, PATIENCE_S },
	{ "D2.1 a guest sees no other guest's GPU",
	  no_other, PATIENCE_S },
	{ "D6.5 in a guest, the driver is to the GPU what vfio-pci is, before and after D3hot",
	  nested, PATIENCE_S },
	{ "D6.2 one guest is killed, the other goes on",
	  one_killed, PATIENCE_S },
};

int main(int argc, char **argv)
{
	unsigned int kind = assign_kind(argc, argv);

	assign_begin(BY_HOST);
	if (assign_has_no_room(kind))
		return assign_run_without_room();
	vm_start(first, "first guest", VM_PLAIN, 1);
	vm_start(second, "second guest", VM_IOMMU | kind, 2);
	return assign_run(tests, TAP_COUNT(tests), guests, TAP_COUNT(guests));
}
