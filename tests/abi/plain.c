// SPDX-License-Identifier: GPL-2.0-only
/* D1.2: a GPU without memory properties is what vfio-pci makes of it. */
#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "answers.h"
#include "host.h"
#include "program.h"
#include "vfio.h"

#define CONFIG_SIZE 4096

/* All but the VGA region, which there is none of. */
#define REGIONS (VFIO_PCI_CONFIG_REGION_INDEX + 1)

static struct vfio dev;

/* Runs on each driver in turn and compares the bytes that it leaves. */
static void compare_drivers(void (*collect)(u8 *bytes), size_t count,
			    const char *what)
{
	static u8 ours[CONFIG_SIZE], core[CONFIG_SIZE];
	size_t i;

	vfio_open(&dev, &gpu);
	collect(ours);
	vfio_close(&dev);
	host_rebind(gpu.bdf, CORE_DRIVER);
	vfio_open(&dev, &gpu);
	collect(core);
	for (i = 0; i < count; i++)
		CHECK(ours[i] == core[i],
		      "%s %#zx is %02x, with vfio-pci it is %02x", what, i,
		      ours[i], core[i]);
}

static void same_answers(void)
{
	answers_same_as_core(&gpu);
}

/* With the BARs sized, as a VMM does, and read in all widths. */
static void read_config(u8 *bytes)
{
	unsigned int bar, at;
	u32 ones = ~0U;

	for (bar = 0; bar < 6; bar++)
		CHECK_RET(vfio_write(&dev, CONFIG, PCI_BASE_ADDRESS_0 + 4 * bar,
				     &ones, 4), 4);
	for (at = 0; at < CONFIG_SIZE; at += 64)
		CHECK_RET(vfio_read(&dev, CONFIG, at, bytes + at, 64), 64);
}

static void same_config(void)
{
	compare_drivers(read_config, CONFIG_SIZE, "config byte");
}

static u8 code(long ret)
{
	return ret < 0 ? -ret : 0xff;
}

static int set_ioeventfd(void)
{
	struct vfio_device_ioeventfd request = {
		.argsz = sizeof(request),
		.flags = VFIO_DEVICE_IOEVENTFD_32,
		.data = 1,
		.offset = 0x100,
		.fd = eventfd(0, EFD_CLOEXEC),
	};

	return tap_sys(ioctl(dev.device, VFIO_DEVICE_IOEVENTFD, &request));
}

/* A mapping must not outlive the try: it would keep the device open. */
static int try_map(unsigned int region, u64 offset)
{
	void *map;
	int ret;

	ret = vfio_try_map(&dev, region, offset, host_page_size(), PROT_READ,
			   MAP_SHARED, NULL, &map);
	if (!ret)
		munmap(map, host_page_size());
	return ret;
}

/* Results of reads, writes and mappings of all regions, and of calls. */
static void try_regions(u8 *bytes)
{
	static char buffer[8];
	unsigned int region;

	for (region = 0; region < REGIONS; region++) {
		*bytes++ = code(vfio_read(&dev, region, 0, buffer, 8));
		*bytes++ = code(vfio_read(&dev, region, GIB, buffer, 8));
		*bytes++ = code(try_map(region, 0));
		*bytes++ = code(try_map(region, 64 * GIB));
	}
	*bytes++ = code(vfio_write(&dev, 0, 0x40, buffer, 8));
	*bytes++ = code(set_ioeventfd());
	*bytes++ = code(vfio_reset(&dev));
	*bytes++ = code(vfio_hot_reset(&dev));
	*bytes++ = code(vfio_feature(&dev, VFIO_DEVICE_FEATURE_SET |
				     VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY));
	*bytes++ = code(vfio_feature(&dev, VFIO_DEVICE_FEATURE_SET |
				     VFIO_DEVICE_FEATURE_LOW_POWER_EXIT));
}

static void same_regions(void)
{
	compare_drivers(try_regions, REGIONS * 4 + 6, "result");
}

static void no_attributes(void)
{
	CHECK(host_pci_has(gpu.bdf, "driver"), "not bound");
	CHECK(!host_pci_has(gpu.bdf, "nvgrace_gpu"),
	      "there is a group of attributes about no memory");
}

/* Nothing waits for a readiness that has no meaning here. */
static void never_waits(void)
{
	u64 value;

	CHECK_RET(host_unbind(gpu.bdf), 0);
	host_gpu_set_ready(&gpu, false);
	CHECK_RET(host_bind(gpu.bdf, DRIVER), 0);
	vfio_open(&dev, &gpu);
	host_gpu_never_ready(&gpu);
	CHECK_RET(vfio_reset(&dev), 0);
	CHECK_RET(vfio_read(&dev, 0, 0, &value, 8), 8);
}

static const struct tap_test tests[] = {
	{ "D1.2 no properties: every ioctl is answered as by vfio-pci",
	  same_answers },
	{ "D1.2 no properties: config space is as with vfio-pci",
	  same_config },
	{ "D1.2 no properties: accesses end as with vfio-pci", same_regions },
	{ "D1.2 no properties: probe and accesses wait for nothing",
	  never_waits, 20 },
	{ "D8 no properties: no attributes", no_attributes },
};

int main(int argc, char **argv)
{
	return program_run(argc, argv, tests, TAP_COUNT(tests));
}
