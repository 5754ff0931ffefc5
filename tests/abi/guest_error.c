// SPDX-License-Identifier: GPL-2.0-only
/*
 * A KVM guest reads GPU memory that has an uncorrectable error.  QEMU tells it by ACPI, so it
 * has firmware.
 */
#include <stdio.h>

#include "assign.h"
#include "host.h"
#include "marks.h"
#include "tap.h"
#include "task.h"
#include "vm.h"

#define ADDRESS_FILE "/sys/kernel/debug/consumed_error/address"

/* Where no mark is.  Nothing around it was read before: KVM maps as much at once as it can. */
#define LOST_MIB 3

/* Emulation on a busy machine is slow. */
#define PATIENCE_S 600

enum {
	BY_HOST = 1,
	BY_GUEST,
};

static struct vm vm;
static const struct gpu *const gpu = &assign_gpus[0];

/* It has turned memory decode on, for which VFIO looks the memory up, and reads none of it. */
static void up(void)
{
	vm_wait_up(&vm);
	vm_run(&vm, "beyond 1");
}

static void lose_when_read(u64 address)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu", address);
	CHECK_RET(host_write(ADDRESS_FILE, text), 0);
}

static void reader_dies(void)
{
	u64 address = gpu->usemem.base + LOST_MIB * MIB;

	CHECK_EQ(host_gpu_number(gpu, "lost_pages"), 0);
	lose_when_read(address);
	vm_run(&vm, "dies 1 %u", LOST_MIB);
	CHECK_EQ(host_gpu_number(gpu, "lost_pages"), 1);
}

static void guest_lives(void)
{
	vm_run(&vm, "check 1 %u", BY_HOST);
	vm_run(&vm, "put 1 %u", BY_GUEST);
	marks_check(gpu, MARKS_HOST, BY_GUEST);
}

/*
 * KVM takes a page that cannot be had for a mistake of QEMU's, whatever the driver says of
 * it, and QEMU stops the guest.  A guest's driver that was told does not use the page again.
 */
static void read_again(void)
{
	char command[32];

	snprintf(command, sizeof(command), "dies 1 %u", LOST_MIB);
	vm_send(&vm, command);
	vm_qmp_wait(&vm, "\"STOP\"", "");
	vm_kill(&vm);
	assign_check_back(gpu);
	marks_check(gpu, MARKS_HOST, BY_GUEST);
}

static const struct tap_test tests[] = {
	{ "D7 a guest with firmware has the GPU", up, PATIENCE_S },
	{ "D7 a guest is told of a lost page, and only the process that read it dies",
	  reader_dies, PATIENCE_S },
	{ "D7 the guest goes on with the other pages", guest_lives, PATIENCE_S },
	{ "D7 a guest that reads the page again is stopped, and leaves the GPU well",
	  read_again, PATIENCE_S },
};

int main(void)
{
	assign_begin(BY_HOST);
	vm_start(&vm, "guest", VM_FIRMWARE, 1);
	return assign_run(tests, TAP_COUNT(tests), &vm, 1);
}
