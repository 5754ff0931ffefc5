// SPDX-License-Identifier: GPL-2.0-only
/* D2.4, D4.5, D6.2: every kind of reset, with the device in use. */
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "access.h"
#include "config_model.h"
#include "host.h"
#include "program.h"

#define MARK 0x0ddba11c0ffee000ULL
#define PATIENCE_MS 20000
#define STILL_WAITING_MS 300

static struct vfio dev;

/* A secondary bus reset of the port above the device. */
static int reset_by_bus(const struct vfio *vfio)
{
	return vfio_reset_by_method(vfio, "bus", vfio_reset_by_sysfs);
}

/* The scenario gives the GPU a reset method in firmware that fails. */
static int reset_by_firmware(const struct vfio *vfio)
{
	return vfio_reset_by_method(vfio, "acpi", vfio_reset_by_sysfs);
}

static int reset_by_firmware_ioctl(const struct vfio *vfio)
{
	return vfio_reset_by_method(vfio, "acpi", vfio_reset);
}

/* Linux never resets these by their bus: they do not survive it. */
static bool resets_by_bus(const struct gpu *which)
{
	return (which->id & 0xffc0) != 0x2340;
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
			CHECK_EQ(got, -gpu_memory(&gpu, *index)->bar | 0xc);
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

/* A reset that does not happen leaves everything as it was. */
static void check_failure(int (*reset)(const struct vfio *vfio))
{
	const unsigned int *index;
	struct live live;
	long resets;

	vfio_open(&dev, &gpu);
	for (index = program_regions(); *index; index++)
		live_prepare(&live, *index);
	check_bars(false);
	resets = host_control_get(gpu.bdf, "resets");
	CHECK(reset(&dev) < 0, "the reset did not fail");
	CHECK_EQ(host_control_get(gpu.bdf, "resets"), resets);
	check_bars(false);
	live_check(&live);
}

/* The user has the first interrupt of a kind: VFIO_PCI_MSI_IRQ_INDEX or ..MSIX.. */
static void take_interrupt(unsigned int index)
{
	CHECK_RET(vfio_set_interrupt(&dev, index, eventfd(0, EFD_CLOEXEC)), 0);
}

/* MSI-X has no virtual registers: this is the device's. */
static u16 msix_control(void)
{
	u8 at = vfio_capability(&dev, PCI_CAP_ID_MSIX);
	u16 control;

	CHECK_RET(vfio_read(&dev, CONFIG, at + PCI_MSIX_FLAGS, &control, 2), 2);
	return control;
}

/* What it goes by is not what the user has. */
static void check_with_interrupt(unsigned int index)
{
	const unsigned int *region;
	struct live live;
	u16 control;

	vfio_open(&dev, &gpu);
	take_interrupt(index);
	for (region = program_regions(); *region; region++)
		live_prepare(&live, *region);
	control = msix_control();

	CHECK(reset_by_firmware(&dev) < 0, "the reset did not fail");
	check_bars(false);
	CHECK_EQ(msix_control(), control);

	CHECK_RET(vfio_reset_by_sysfs(&dev), 0);
	check_bars(true);
	CHECK_EQ(msix_control(), control);
	live_check(&live);
}

static void with_msi(void)
{
	check_with_interrupt(VFIO_PCI_MSI_IRQ_INDEX);
}

static void with_msix(void)
{
	check_with_interrupt(VFIO_PCI_MSIX_IRQ_INDEX);
}

static void impossible_hot_reset(void)
{
	check_failure(vfio_hot_reset);
}

static void failing_ioctl(void)
{
	check_failure(reset_by_firmware_ioctl);
}

static void failing_sysfs(void)
{
	check_failure(reset_by_firmware);
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
	check_reset(vfio_reset_by_config);
}

static void by_sysfs(void)
{
	check_reset(vfio_reset_by_sysfs);
}

static void by_bus(void)
{
	check_reset(reset_by_bus);
}

/* A mapping that was in use before the reset is no way round the wait. */
static void check_live_waits(int (* const *resets)(const struct vfio *vfio),
			     size_t count)
{
	struct access accesses[ACCESS_KINDS];
	size_t i;

	vfio_open(&dev, &gpu);
	access_prepare(accesses, &dev, USEMEM, 0);
	host_gpu_never_ready(&gpu);
	for (i = 0; i < count; i++) {
		host_gpu_set_ready(&gpu, true);
		access_check(&accesses[ACCESS_LOAD]);
		CHECK_RET(resets[i](&dev), 0);
		check_waits(&accesses[ACCESS_LOAD]);
		CHECK_RET(resets[i](&dev), 0);
		check_waits(&accesses[ACCESS_STORE]);
	}
}

static void live_waits_flr(void)
{
	static int (* const resets[])(const struct vfio *vfio) = {
		vfio_reset, vfio_reset_by_config, vfio_reset_by_sysfs,
	};

	check_live_waits(resets, TAP_COUNT(resets));
}

static void live_waits_bus(void)
{
	static int (* const resets[])(const struct vfio *vfio) = {
		vfio_hot_reset, reset_by_bus,
	};

	check_live_waits(resets, TAP_COUNT(resets));
}

/* The first access takes about as long as the memory does. */
static void takes_time(void)
{
	struct access accesses[ACCESS_KINDS];
	enum access_kind kind;

	vfio_open(&dev, &gpu);
	host_control_set(gpu.bdf, "train_ms", 700);
	for (kind = 0; kind < ACCESS_KINDS; kind++) {
		CHECK_RET(vfio_reset(&dev), 0);
		CHECK(!host_gpu_is_ready(&gpu), "ready too early to tell");
		access_prepare(accesses, &dev, USEMEM, 0);
		access_check(&accesses[kind]);
		CHECK(host_gpu_is_ready(&gpu), "a %s did not wait",
		      access_name(kind));
	}
}

static const struct tap_test flr_tests[] = {
	{ "D6.2 VFIO_DEVICE_RESET with live mappings", by_ioctl },
	{ "D6.2 FLR by config space with live mappings", by_config },
	{ "D6.2 FLR by sysfs with live mappings", by_sysfs },
	{ "D6.2 the first access after a reset takes as long as training",
	  takes_time },
	{ "D6.2 a live mapping waits after every kind of FLR",
	  live_waits_flr },
};

static const struct tap_test bus_tests[] = {
	{ "D6.2 VFIO_DEVICE_PCI_HOT_RESET with live mappings", by_hot_reset },
	{ "D6.2 secondary bus reset by sysfs with live mappings", by_bus },
	{ "D6.2 a live mapping waits after hot and bus resets",
	  live_waits_bus },
};

static const struct tap_test no_bus_tests[] = {
	{ "D2.4 a hot reset that is not possible leaves the BARs",
	  impossible_hot_reset },
};

static const struct tap_test failing_tests[] = {
	{ "D2.4 VFIO_DEVICE_RESET that fails leaves the BARs", failing_ioctl },
	{ "D2.4 a reset by sysfs that fails leaves the BARs", failing_sysfs },
	{ "D2.4 so it does while the user has MSI", with_msi },
	{ "D2.4 so it does while the user has MSI-X", with_msix },
};

/* A second argument "bus": only what FLR does not prove on another GPU. */
int main(int argc, char **argv)
{
	struct gpu which = gpu_get(argc > 1 ? atoi(argv[1]) : 1);

	if (argc < 3)
		program_add(flr_tests, TAP_COUNT(flr_tests));
	if (resets_by_bus(&which))
		program_add(bus_tests, TAP_COUNT(bus_tests));
	else
		program_add(no_bus_tests, TAP_COUNT(no_bus_tests));
	if (which.failing_reset)
		program_add(failing_tests, TAP_COUNT(failing_tests));
	return program_run_added(argc, argv);
}
