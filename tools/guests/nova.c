// SPDX-License-Identifier: GPL-2.0-only
/*
 * A virtual machine for GPUs for OpenStack's Nova: a file for nova.conf.d, and the commands
 * that make a flavour and fit an image, as comments in it.
 */
#include <stdio.h>

#include "base/tree.h"
#include "guests/guest.h"

#define ALIAS "nvgrace-%04x"

/* Whether a GPU before this one is of the same product. */
static bool is_again(const struct guest *guest, size_t i)
{
	for (size_t j = 0; j < i; j++) {
		if (guest->gpus[j].gpu->pci.device == guest->gpus[i].gpu->pci.device)
			return true;
	}
	return false;
}

static unsigned int count_product(const struct guest *guest, __u32 device)
{
	unsigned int count = 0;

	for (size_t i = 0; i < guest->gpu_count; i++)
		count += guest->gpus[i].gpu->pci.device == device;
	return count;
}

/* libvirt is not to take the GPU from its driver, which the package has given it. */
static void print_specs(const struct guest *guest)
{
	for (size_t i = 0; i < guest->gpu_count; i++) {
		const struct pci_device *pci = &guest->gpus[i].gpu->pci;

		printf("device_spec = { \"vendor_id\": \"%04x\", \"product_id\": \"%04x\", \"address\": \"%s\", \"managed\": \"no\" }\n",
		       pci->vendor, pci->device, pci->bdf);
	}
}

/* What can have virtual functions is a physical one, whether it has any or not. */
static void print_aliases(const struct guest *guest)
{
	bool placed = guest->cells[0].host_node >= 0;

	for (size_t i = 0; i < guest->gpu_count; i++) {
		const struct pci_device *pci = &guest->gpus[i].gpu->pci;
		bool physical = tree_exists(PCI_DEVICE_FOLDER "%s/sriov_totalvfs", pci->bdf);

		if (is_again(guest, i))
			continue;
		printf("alias = { \"name\": \"" ALIAS "\", \"vendor_id\": \"%04x\", \"product_id\": \"%04x\", \"device_type\": \"%s\", \"numa_policy\": \"%s\" }\n",
		       pci->device, pci->vendor, pci->device, physical ? "type-PF" : "type-PCI",
		       placed ? "required" : "preferred");
	}
}

static void print_property(const char *name, const char *value)
{
	printf(" --property %s=%s", name, value);
}

/* Nova's own division would be in equal parts, which these need not be. */
static void print_cells(const struct guest *guest)
{
	char name[48], value[48];

	print_property("hw:cpu_policy", "dedicated");
	snprintf(value, sizeof(value), "%zu", guest->cell_count);
	print_property("hw:numa_nodes", value);
	for (size_t i = 0; i < guest->cell_count && guest->cell_count > 1; i++) {
		const struct guest_cell *cell = &guest->cells[i];

		snprintf(name, sizeof(name), "hw:numa_cpus.%zu", i);
		snprintf(value, sizeof(value), "%u-%u", cell->first_cpu, cell->last_cpu);
		print_property(name, value);
		snprintf(name, sizeof(name), "hw:numa_mem.%zu", i);
		snprintf(value, sizeof(value), "%llu", cell->memory / MIB);
		print_property(name, value);
	}
}

static void print_flavour(const struct guest *guest)
{
	const struct guest_options *options = guest->options;
	const char *separator = "";
	char value[32];

	printf("#   openstack flavor create %s --vcpus %u --ram %llu --property pci_passthrough:alias=",
	       options->name ?: "nvgrace-guest", options->cpus, options->memory / MIB);
	for (size_t i = 0; i < guest->gpu_count; i++) {
		__u32 device = guest->gpus[i].gpu->pci.device;

		if (is_again(guest, i))
			continue;
		printf("%s" ALIAS ":%u", separator, device, count_product(guest, device));
		separator = ",";
	}
	if (guest->cells[0].host_node >= 0)
		print_cells(guest);
	if (guest->hugepage) {
		snprintf(value, sizeof(value), "%llu", guest->hugepage >> 10);
		print_property("hw:mem_page_size", value);
	}
	putchar('\n');
}

void guest_print_nova(const struct guest *guest)
{
	puts("[pci]\n"
	     "# Of nova-compute on this host.");
	print_specs(guest);
	puts("# Of nova-compute and nova-api.");
	print_aliases(guest);
	puts("\n"
	     "# The flavour, and what each IMAGE for it needs:");
	print_flavour(guest);
	puts("#   openstack image set --property hw_firmware_type=uefi --property hw_machine_type=virt IMAGE");
}
