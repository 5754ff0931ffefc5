// SPDX-License-Identifier: GPL-2.0-only
/* The state of GPUs around their time in a guest. */
#include <limits.h>
#include <string.h>

#include "assign.h"
#include "host.h"
#include "marks.h"
#include "vfio.h"
#include "vm.h"

/* What a 64-bit prefetchable BAR reads without an address. */
#define EMPTY_BAR 0xc

#define PATIENCE_S 300

struct gpu assign_gpus[ASSIGN_GPUS];

unsigned int assign_kind(int argc, char **argv)
{
	if (argc == 1)
		return VM_PLAIN;
	CHECK(argc == 2 && !strcmp(argv[1], "cdev"),
	      "the only argument there is is: cdev");
	return VM_CDEV;
}

void assign_begin(unsigned int seed)
{
	struct gpu *gpu;
	int i;

	for (i = 0; i < ASSIGN_GPUS; i++) {
		gpu = &assign_gpus[i];
		*gpu = gpu_get(i + 1);
		host_gpu_restore(gpu);
		host_rebind(gpu->bdf, DRIVER);
		marks_put(gpu, MARKS_HOST, seed);
	}
}

void assign_check_back(const struct gpu *gpu)
{
	static const unsigned int registers[] = {
		PCI_BASE_ADDRESS_2, PCI_BASE_ADDRESS_4
	};
	char driver[NAME_MAX + 1];
	struct vfio dev;
	unsigned int i;
	u64 value;

	host_driver(gpu->bdf, driver, sizeof(driver));
	CHECK(!strcmp(driver, DRIVER), "GPU %u is bound to '%s'", gpu->slot,
	      driver);
	/* a group that somebody still has open could not be opened */
	vfio_open(&dev, gpu);
	for (i = 0; i < TAP_COUNT(registers); i++) {
		CHECK_RET(vfio_read(&dev, CONFIG, registers[i], &value, 8), 8);
		CHECK_EQ(value, EMPTY_BAR);
	}
	vfio_set_decode(&dev, true);
	CHECK_RET(vfio_read(&dev, USEMEM, 0, &value, 8), 8);
	vfio_close(&dev);
	CHECK(host_gpu_is_ready(gpu), "GPU %u is not ready", gpu->slot);
}

int assign_run(const struct tap_test *tests, size_t count, struct vm *guests,
	       size_t guest_count)
{
	const struct tap_suite suite = { .tests = tests, .count = count };
	int status = tap_run(&suite);
	size_t i;

	for (i = 0; i < guest_count; i++)
		vm_kill(&guests[i]);
	for (i = 0; i < ASSIGN_GPUS; i++)
		CHECK_RET(host_unbind(assign_gpus[i].bdf), 0);
	return status;
}

bool assign_has_no_room(unsigned int kind)
{
	return kind & VM_CDEV && !vfio_hwpt_has_iova(&assign_gpus[0]);
}

static void no_room(void)
{
	struct vm vm;
	int i;

	vm_start(&vm, "guest", VM_CDEV, 3);
	vm_wait_end(&vm);
	for (i = 0; i < ASSIGN_GPUS; i++)
		assign_check_back(&assign_gpus[i]);
}

int assign_run_without_room(void)
{
	static const struct tap_test tests[] = {
		{ "D7 no guest by cdev where an iommufd gets no room, and no harm", no_room,
		  PATIENCE_S },
	};

	return assign_run(tests, TAP_COUNT(tests), NULL, 0);
}
