// SPDX-License-Identifier: GPL-2.0-only
/* D2.4, D4.5, D6.2: every kind of reset, with the device in use. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "access.h"
#include "config_model.h"
#include "host.h"
#include "program.h"

#define MARK 0x0ddba11c0ffee000ULL
#define PATIENCE_MS 20000
#define STILL_WAITING_MS 300

static struct vfio dev;

/* A reset that the device's user asks for by writing DEVCTL. */
static int reset_by_config(const struct vfio *vfio)
{
	u8 at, id = 0;
	u16 control;

	CHECK_RET(vfio_read(vfio, CONFIG, PCI_CAPABILITY_LIST, &at, 1), 1);
	while (at) {
		CHECK_RET(vfio_read(vfio, CONFIG, at, &id, 1), 1);
		if (id == PCI_CAP_ID_EXP)
			break;
		CHECK_RET(vfio_read(vfio, CONFIG, at + PCI_CAP_LIST_NEXT, &at,
				    1), 1);
	}
	CHECK(at, "no PCI Express capability");
	CHECK_RET(vfio_read(vfio, CONFIG, at + PCI_EXP_DEVCTL, &control, 2), 2);
	control |= PCI_EXP_DEVCTL_BCR_FLR;
	CHECK_RET(vfio_write(vfio, CONFIG, at + PCI_EXP_DEVCTL, &control, 2),
		  2);
	return 0;
}

static int reset_by_sysfs(const struct vfio *vfio)
{
	return host_pci_write(vfio->gpu->bdf, "reset", "1");
}

/* A secondary bus reset of the port above the device. */
static int reset_by_bus(const struct vfio *vfio)
{
	const char *bdf = vfio->gpu->bdf;
	int ret;

	CHECK_RET(host_pci_write(bdf, "reset_method", "bus"), 0);
	ret = host_pci_write(bdf, "reset", "1");
	CHECK_RET(host_pci_write(bdf, "reset_method", "default"), 0);
	return ret;
}

/* Waiting, then served, however the access is made. */
static void check_waits(struct access *access)
{
	struct task task;

	task_start(&task, access_run, access);
	CHECK(!task_ended(&task, STILL_WAITING_MS),
	      "a %s did not wait for readiness", access_name(access->kind));
	host_gpu_set_ready(&gpu, true);
	CHECK(task_ended(&task, PATIENCE_MS),
	      "a %s did not end when the GPU became ready",
	      access_name(access->kind));
	CHECK_RET(task_end(&task), 0);
}

static void check_bars(bool cleared)
{
	const unsigned int *index;
	u64 got;

	for (index = program_regions(); *index; index++) {
		CHECK_RET(vfio_read(&dev, CONFIG, config_bar_offset(*index),
				    &got, 8), 8);
		if (cleared)
			CHECK_EQ(got, 0xc);
		else
			CHECK(got != 0xc, "BAR%u was cleared", *index);
	}
}

/* Marks and accesses to both regions, alive across the reset. */
struct live {
	unsigned int index;
	struct access accesses[ACCESS_KINDS];
};

static void live_prepare(struct live *live, unsigned int index)
{
	u64 ones = ~0ULL;

	live->index = index;
	access_prepare(live->accesses, &dev, index,
		       gpu_memory(&gpu, index)->length - host_page_size());
	live->accesses[ACCESS_STORE].value = MARK + index;
	access_check(&live->accesses[ACCESS_STORE]);
	access_check(&live->accesses[ACCESS_LOAD]);
	CHECK_RET(vfio_write(&dev, CONFIG, config_bar_offset(index), &ones, 8),
		  8);
}

static void live_check(struct live *live)
{
	access_check(&live->accesses[ACCESS_LOAD]);
	CHECK_EQ(live->accesses[ACCESS_LOAD].value, MARK + live->index);
	access_check(&live->accesses[ACCESS_READ]);
	CHECK_EQ(live->accesses[ACCESS_READ].value, MARK + live->index);
	live->accesses[ACCESS_STORE].value = ~MARK;
	access_check(&live->accesses[ACCESS_STORE]);
	access_check(&live->accesses[ACCESS_READ]);
	CHECK_EQ(live->accesses[ACCESS_READ].value, ~MARK);
}

static void check_reset(int (*reset)(const struct vfio *vfio))
{
	const unsigned int *regions = program_regions(), *index;
	struct live live[2];
	long resets;
	int i = 0;

	vfio_open(&dev, &gpu);
	for (index = regions; *index; index++)
		live_prepare(&live[i++], *index);
	check_bars(false);
	resets = host_control_get(gpu.bdf, "resets");
	CHECK_RET(reset(&dev), 0);
	CHECK(host_control_get(gpu.bdf, "resets") > resets,
	      "the GPU has seen no reset");
	check_bars(true);
	for (index = regions; *index; index++)
		live_check(&live[--i]);

	/* Again, and now the memory takes its time. */
	host_gpu_never_ready(&gpu);
	CHECK_RET(reset(&dev), 0);
	check_waits(&live[0].accesses[ACCESS_READ]);
	access_prepare(live[0].accesses, &dev, USEMEM, 0);
	CHECK_RET(reset(&dev), 0);
	check_waits(&live[0].accesses[ACCESS_LOAD]);
}

static void by_ioctl(void)
{
	check_reset(vfio_reset);
}

static void by_hot_reset(void)
{
	check_reset(vfio_hot_reset);
}

static void by_config(void)
{
	check_reset(reset_by_config);
}

static void by_sysfs(void)
{
	check_reset(reset_by_sysfs);
}

static void by_bus(void)
{
	check_reset(reset_by_bus);
}

/* A mapping that was in use before the reset is no way round the wait. */
static void live_waits(void)
{
	static int (* const resets[])(const struct vfio *vfio) = {
		vfio_reset, vfio_hot_reset, reset_by_config, reset_by_sysfs,
		reset_by_bus,
	};
	struct access accesses[ACCESS_KINDS];
	unsigned int i;

	vfio_open(&dev, &gpu);
	access_prepare(accesses, &dev, USEMEM, 0);
	host_gpu_never_ready(&gpu);
	for (i = 0; i < TAP_COUNT(resets); i++) {
		host_gpu_set_ready(&gpu, true);
		access_check(&accesses[ACCESS_LOAD]);
		CHECK_RET(resets[i](&dev), 0);
		check_waits(&accesses[ACCESS_LOAD]);
		CHECK_RET(resets[i](&dev), 0);
		check_waits(&accesses[ACCESS_STORE]);
	}
}

/* The first access takes about as long as the memory does. */
static void takes_time(void)
{
	struct access accesses[ACCESS_KINDS];
	enum access_kind kind;

	vfio_open(&dev, &gpu);
	host_control_set(gpu.bdf, "train_ms", 1500);
	for (kind = 0; kind < ACCESS_KINDS; kind++) {
		CHECK_RET(vfio_reset(&dev), 0);
		CHECK(!host_gpu_is_ready(&gpu), "ready too early to tell");
		access_prepare(accesses, &dev, USEMEM, 0);
		access_check(&accesses[kind]);
		CHECK(host_gpu_is_ready(&gpu), "a %s did not wait",
		      access_name(kind));
	}
}

static const struct tap_test tests[] = {
	{ "D6.2 VFIO_DEVICE_RESET with live mappings", by_ioctl },
	{ "D6.2 VFIO_DEVICE_PCI_HOT_RESET with live mappings", by_hot_reset },
	{ "D6.2 FLR by config space with live mappings", by_config },
	{ "D6.2 FLR by sysfs with live mappings", by_sysfs },
	{ "D6.2 secondary bus reset by sysfs with live mappings", by_bus },
	{ "D6.2 the first access after a reset takes as long as training",
	  takes_time },
	{ "D6.2 a live mapping waits after every kind of reset", live_waits },
};

int main(int argc, char **argv)
{
	return program_run(argc, argv, tests, TAP_COUNT(tests));
}
