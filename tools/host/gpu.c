// SPDX-License-Identifier: GPL-2.0-only
/*
 * A GPU that the driver is for, and what the driver says of it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/tree.h"
#include "host/gpu.h"

static const struct product {
	__u32 device;
	const char *name;
	bool auto_bound;
} products[] = {
	{ 0x2342, "GH200 120GB", true },
	{ 0x2345, "GH200 480GB", true },
	{ 0x2348, "GH200", false },
	{ 0x2941, "GB200", false },
	{ 0x31c2, "GB300", false },
};

/* Its memory is where that of the others is, and their split may not be right for it. */
static const struct product unsupported[] = {
	{ 0x3041, "Vera Rubin", false },
};

static const struct product *find_product(const struct pci_device *pci)
{
	for (size_t i = 0; i < ARRAY_SIZE(products); i++) {
		if (pci->vendor == PCI_VENDOR_NVIDIA && pci->device == products[i].device)
			return &products[i];
	}
	return NULL;
}

bool gpu_is_known(__u32 vendor, __u32 device)
{
	return find_product(&(struct pci_device){ .vendor = vendor, .device = device });
}

/* The kernel's own module has the same name, but no version. */
static void read_origin(struct gpu *gpu)
{
	const char *driver = gpu->pci.driver;

	if (!driver[0]) {
		gpu->origin = GPU_UNBOUND;
		return;
	}
	tree_line(gpu->driver_version, sizeof(gpu->driver_version),
		  PCI_DRIVER_FOLDER "%s/module/version", driver);
	if (strcmp(driver, GPU_DRIVER))
		gpu->origin = GPU_OF_OTHERS;
	else
		gpu->origin = gpu->driver_version[0] ? GPU_OF_PACKAGE : GPU_OF_KERNEL;
}

/* udev's database has a line for each property. */
static void read_policy(struct gpu *gpu)
{
	char value[16];
	char *text;

	if (tree_exists("/etc/driverctl.d/pci-%s", gpu->pci.bdf)) {
		gpu->policy = GPU_POLICY_DRIVERCTL;
		return;
	}
	if (tree_read_all(&text, 1 << 20, "/run/udev/data/+pci:%s", gpu->pci.bdf) >= 0 &&
	    text_field(text, "E:NVGRACE_GPU_BIND=", value, sizeof(value)))
		gpu->policy = strcmp(value, "yes") ? GPU_POLICY_NO : GPU_POLICY_YES;
	free(text);
}

static void read_memory(struct gpu *gpu)
{
	const struct {
		const char *name;
		__u64 *value;
	} sizes[] = {
		{ "base", &gpu->base },
		{ "usemem_size", &gpu->usemem_size },
		{ "usemem_bar_size", &gpu->usemem_bar_size },
		{ "resmem_size", &gpu->resmem_size },
		{ "resmem_bar_size", &gpu->resmem_bar_size },
	};
	const char *bdf = gpu->pci.bdf;
	__u64 erratum;

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		if (tree_number(sizes[i].value, PCI_DEVICE_FOLDER "%s/nvgrace_gpu/%s", bdf,
				sizes[i].name))
			return;
	}
	tree_number(&erratum, PCI_DEVICE_FOLDER "%s/nvgrace_gpu/mig_erratum", bdf);
	gpu->mig_erratum = erratum;
	tree_line(gpu->readiness_method, sizeof(gpu->readiness_method),
		  PCI_DEVICE_FOLDER "%s/nvgrace_gpu/readiness_method", bdf);
	tree_line(gpu->readiness, sizeof(gpu->readiness),
		  PCI_DEVICE_FOLDER "%s/nvgrace_gpu/readiness", bdf);
	gpu->has_memory = true;
}

int gpu_read(struct gpu *gpu, const char *bdf)
{
	const struct product *product;
	int ret;

	*gpu = (struct gpu){};
	ret = pci_device_read(&gpu->pci, bdf);
	if (ret)
		return ret;
	product = find_product(&gpu->pci);
	if (!product)
		return -ENODEV;
	gpu->product = product->name;
	gpu->auto_bound = product->auto_bound;
	read_origin(gpu);
	read_policy(gpu);
	read_memory(gpu);
	return 0;
}

const char *gpu_unsupported(const struct pci_device *pci)
{
	for (size_t i = 0; i < ARRAY_SIZE(unsupported); i++) {
		if (pci->vendor == PCI_VENDOR_NVIDIA && pci->device == unsupported[i].device)
			return unsupported[i].name;
	}
	return NULL;
}

bool gpu_is_off_bus(const struct gpu *gpu)
{
	static const char ones[] = "\xff\xff\xff\xff";
	char ids[sizeof(ones)];

	return tree_read(ids, sizeof(ids), PCI_DEVICE_FOLDER "%s/config", gpu->pci.bdf) ==
	       sizeof(ones) - 1 && !strcmp(ids, ones);
}

bool gpu_is_seen_off_bus(const struct gpu *gpu)
{
	char state[32];

	return (tree_line(state, sizeof(state), PCI_DEVICE_FOLDER "%s/power/runtime_status",
			  gpu->pci.bdf) || strcmp(state, "suspended")) && gpu_is_off_bus(gpu);
}

int gpus_read(struct gpus *list)
{
	struct pci_devices all;
	int ret = pci_devices_read(&all, PCI_DEVICE_FOLDER);

	*list = (struct gpus){};
	for (size_t i = 0; i < all.count; i++) {
		struct gpu gpu;

		if (!find_product(&all.devices[i]) || gpu_read(&gpu, all.devices[i].bdf))
			continue;
		list->gpus = array_resize(list->gpus, list->count + 1, sizeof(gpu));
		list->gpus[list->count++] = gpu;
	}
	pci_devices_free(&all);
	return ret;
}

void gpus_copy(struct gpus *list, const struct gpus *from)
{
	*list = (struct gpus){ .count = from->count };
	list->gpus = array_resize(NULL, from->count, sizeof(*list->gpus));
	memcpy(list->gpus, from->gpus, from->count * sizeof(*list->gpus));
}

void gpus_free(struct gpus *list)
{
	free(list->gpus);
	*list = (struct gpus){};
}

const char *gpu_origin_name(enum gpu_origin origin)
{
	static const char * const names[] = {
		[GPU_UNBOUND]		= "none",
		[GPU_OF_PACKAGE]	= "package",
		[GPU_OF_KERNEL]		= "kernel",
		[GPU_OF_OTHERS]		= "other",
	};

	return names[origin];
}

const char *gpu_policy_name(enum gpu_policy policy)
{
	static const char * const names[] = {
		[GPU_POLICY_UNKNOWN]	= "unknown",
		[GPU_POLICY_YES]	= "yes",
		[GPU_POLICY_NO]		= "no",
		[GPU_POLICY_DRIVERCTL]	= "driverctl",
	};

	return names[policy];
}
