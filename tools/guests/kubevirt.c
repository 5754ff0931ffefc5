// SPDX-License-Identifier: GPL-2.0-only
/*
 * A virtual machine for GPUs for KubeVirt: what the cluster has to be told, and an instance.
 * NVIDIA's device plugin hands out the GPUs, for KubeVirt's own looks for vfio-pci alone.
 */
#include <stdio.h>

#include <json-c/json.h>

#include "base/array.h"
#include "guests/guest.h"

#define API "kubevirt.io/v1"

/* NVIDIA's device plugin makes them from the list of PCI ids that it has. */
static const struct resource {
	__u32 device;
	const char *name;
} resources[] = {
	{ 0x2342, "nvidia.com/GH100_GH200_120GB___480GB" },
	{ 0x2345, "nvidia.com/GH100_GH10088KA1" },
	{ 0x2348, "nvidia.com/GH100_GH200_144G_HBM3E" },
	{ 0x2941, "nvidia.com/GB100_HGX_GB200" },
};

/* An id that is not in the list is its own name. */
static const char *resource_name(char *buffer, size_t size, const struct pci_device *pci)
{
	for (size_t i = 0; i < ARRAY_SIZE(resources); i++) {
		if (resources[i].device == pci->device)
			return resources[i].name;
	}
	snprintf(buffer, size, "nvidia.com/%04x", pci->device);
	return buffer;
}

static void add_string(struct json_object *object, const char *key, const char *value)
{
	json_object_object_add(object, key, json_object_new_string(value));
}

static void add_bool(struct json_object *object, const char *key, bool value)
{
	json_object_object_add(object, key, json_object_new_boolean(value));
}

static struct json_object *add_object(struct json_object *object, const char *key)
{
	struct json_object *child = json_object_new_object();

	json_object_object_add(object, key, child);
	return child;
}

static struct json_object *add_array(struct json_object *object, const char *key)
{
	struct json_object *child = json_object_new_array();

	json_object_object_add(object, key, child);
	return child;
}

/* In an array. */
static struct json_object *append_object(struct json_object *array)
{
	struct json_object *child = json_object_new_object();

	json_object_array_add(array, child);
	return child;
}

/* Kubernetes has it as 16Gi or 512Mi. */
static void add_size(struct json_object *object, const char *key, __u64 bytes)
{
	char size[32], text[40];

	snprintf(text, sizeof(text), "%si", guest_size(size, sizeof(size), bytes));
	add_string(object, key, text);
}

static struct json_object *new_object(const char *kind, const char *name)
{
	struct json_object *object = json_object_new_object();

	add_string(object, "apiVersion", API);
	add_string(object, "kind", kind);
	add_string(add_object(object, "metadata"), "name", name);
	return object;
}

static void add_gates(struct json_object *configuration, const struct guest *guest)
{
	struct json_object *gates = add_array(add_object(configuration, "developerConfiguration"),
					      "featureGates");
	const struct {
		const char *name;
		bool wanted;
	} all[] = {
		{ "HostDevices", true },
		{ "CPUManager", true },
		{ "NUMA", guest->words.placement &&
			!text_version_since(guest->options->release, 1, 4) },
		{ "GraceIOVirtualization", guest_kubevirt_knows(guest) },
		{ "PCINUMAAwareTopology", guest_kubevirt_knows(guest) },
		{ "IOMMUFD", guest_kubevirt_knows(guest) },
	};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		if (all[i].wanted)
			json_object_array_add(gates, json_object_new_string(all[i].name));
	}
}

/* Each product once. */
static void add_products(struct json_object *configuration, const struct guest *guest)
{
	struct json_object *permitted = add_object(configuration, "permittedHostDevices");
	struct json_object *devices = add_array(permitted, "pciHostDevices");

	for (size_t i = 0; i < guest->gpu_count; i++) {
		const struct pci_device *pci = &guest->gpus[i].gpu->pci;
		struct json_object *device;
		char selector[16], name[32];
		bool again = false;

		for (size_t j = 0; j < i; j++)
			again = again || guest->gpus[j].gpu->pci.device == pci->device;
		if (again)
			continue;
		device = append_object(devices);
		snprintf(selector, sizeof(selector), "%04X:%04X", pci->vendor, pci->device);
		add_string(device, "pciVendorSelector", selector);
		add_string(device, "resourceName", resource_name(name, sizeof(name), pci));
		add_bool(device, "externalResourceProvider", true);
	}
}

static struct json_object *cluster(const struct guest *guest)
{
	struct json_object *object = new_object("KubeVirt", "kubevirt");
	struct json_object *configuration;

	add_string(json_object_object_get(object, "metadata"), "namespace", "kubevirt");
	configuration = add_object(add_object(object, "spec"), "configuration");
	add_gates(configuration, guest);
	add_products(configuration, guest);
	return object;
}

static void add_memory(struct json_object *domain, const struct guest *guest)
{
	struct json_object *memory = add_object(domain, "memory");

	add_size(memory, "guest", guest->options->memory);
	if (guest->hugepage)
		add_size(add_object(memory, "hugepages"), "pageSize", guest->hugepage);
}

static void add_cpu(struct json_object *domain, const struct guest *guest)
{
	struct json_object *cpu = add_object(domain, "cpu");

	add_string(cpu, "model", "host-passthrough");
	json_object_object_add(cpu, "sockets", json_object_new_int(1));
	json_object_object_add(cpu, "cores", json_object_new_int(guest->options->cpus));
	json_object_object_add(cpu, "threads", json_object_new_int(1));
	add_bool(cpu, "dedicatedCpuPlacement", true);
	if (guest->words.placement)
		add_object(add_object(cpu, "numa"), "guestMappingPassthrough");
}

static void add_devices(struct json_object *domain, const struct guest *guest)
{
	struct json_object *devices = add_object(domain, "devices"), *array, *device;
	char name[32];

	add_bool(devices, "autoattachGraphicsDevice", false);
	add_bool(devices, "autoattachMemBalloon", false);
	add_bool(devices, "autoattachPodInterface", guest->options->network);
	if (guest->options->claim) {
		device = append_object(add_array(devices, "disks"));
		add_string(device, "name", "disk0");
		add_string(add_object(device, "disk"), "bus", "virtio");
	}
	array = add_array(devices, "hostDevices");
	for (size_t i = 0; i < guest->gpu_count; i++) {
		device = append_object(array);
		snprintf(name, sizeof(name), "gpu%zu", i);
		add_string(device, "name", name);
		add_string(device, "deviceName",
			   resource_name(name, sizeof(name), &guest->gpus[i].gpu->pci));
	}
}

static struct json_object *instance(const struct guest *guest)
{
	const struct guest_options *options = guest->options;
	struct json_object *object = new_object("VirtualMachineInstance",
						options->name ?: "nvgrace-guest");
	struct json_object *spec = add_object(object, "spec"), *domain, *volume;

	add_string(spec, "architecture", "arm64");
	domain = add_object(spec, "domain");
	add_string(add_object(domain, "machine"), "type", "virt");
	add_memory(domain, guest);
	add_cpu(domain, guest);
	add_bool(add_object(add_object(add_object(domain, "firmware"), "bootloader"), "efi"),
		 "secureBoot", false);
	add_devices(domain, guest);
	if (options->claim) {
		volume = append_object(add_array(spec, "volumes"));
		add_string(volume, "name", "disk0");
		add_string(add_object(volume, "persistentVolumeClaim"), "claimName",
			   options->claim);
	}
	return object;
}

void guest_print_kubevirt(const struct guest *guest)
{
	struct json_object *list = json_object_new_object(), *items;

	add_string(list, "apiVersion", "v1");
	add_string(list, "kind", "List");
	items = add_array(list, "items");
	json_object_array_add(items, cluster(guest));
	json_object_array_add(items, instance(guest));
	puts(json_object_to_json_string_ext(list, JSON_C_TO_STRING_PRETTY |
					    JSON_C_TO_STRING_SPACED |
					    JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(list);
}
