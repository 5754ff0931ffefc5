// SPDX-License-Identifier: GPL-2.0-only
/*
 * A virtual machine for GPUs as a domain of libvirt.  What this libvirt has no words for goes
 * to QEMU past it: the window for the BARs, the nodes that have neither memory nor
 * processors, with their initiators, and that the first root bus passes the SMMU by.
 */
#include <stdio.h>
#include <string.h>

#include "base/tree.h"
#include "guests/guest.h"

static bool since(const struct guest *guest, unsigned int major, unsigned int minor)
{
	return text_version_since(guest->software.libvirt, major, minor);
}

/* <acpi nodeset>, and cells without memory. */
bool guest_libvirt_has_nodes(const struct guest *guest)
{
	return since(guest, 11, 8);
}

/* <pcihole64> is refused for arm64 by 11.3, taken by 12.8. */
bool guest_libvirt_has_window(const struct guest *guest)
{
	return since(guest, 12, 8);
}

/* An attribute's or an element's number with its unit. */
static void print_memory(const char *before, __u64 bytes, const char *between, const char *after)
{
	bool whole = bytes % GIB == 0;

	printf("%s unit='%s'%s%llu%s", before, whole ? "GiB" : "MiB", between,
	       bytes / (whole ? GIB : MIB), after);
}

static void print_os(const struct guest *guest)
{
	printf("  <os%s>\n", guest->firmware ? "" : " firmware='efi'");
	puts("    <type arch='aarch64' machine='virt'>hvm</type>");
	if (guest->firmware)
		printf("    <loader readonly='yes' type='pflash'>%s</loader>\n", guest->firmware);
	puts("  </os>");
}

/* Processors and memory of the host's nodes that the GPUs are on. */
static void print_placement(const struct guest *guest)
{
	if (guest->cells[0].host_node < 0)
		return;
	puts("  <cputune>");
	for (size_t i = 0; i < guest->cell_count; i++) {
		const struct guest_cell *cell = &guest->cells[i];
		char list[256];

		if (tree_line(list, sizeof(list), "/sys/devices/system/node/node%d/cpulist",
			      cell->host_node))
			continue;
		for (unsigned int cpu = cell->first_cpu; cpu <= cell->last_cpu; cpu++)
			printf("    <vcpupin vcpu='%u' cpuset='%s'/>\n", cpu, list);
	}
	puts("  </cputune>\n"
	     "  <numatune>");
	for (size_t i = 0; i < guest->cell_count; i++)
		printf("    <memnode cellid='%zu' mode='strict' nodeset='%d'/>\n", i,
		       guest->cells[i].host_node);
	puts("  </numatune>");
}

/* libvirt has the other way, too, then. */
static void print_distances(const struct guest *guest, unsigned int from)
{
	if (from + 1 == guest_nodes(guest))
		return;
	puts("        <distances>");
	for (unsigned int to = from + 1; to < guest_nodes(guest); to++)
		printf("          <sibling id='%u' value='%u'/>\n", to,
		       guest_distance(guest, from, to));
	puts("        </distances>");
}

static void print_cells(const struct guest *guest)
{
	bool native = guest_libvirt_has_nodes(guest);
	unsigned int count = native ? guest_nodes(guest) : guest->cell_count;

	puts("    <numa>");
	for (unsigned int i = 0; i < count; i++) {
		if (i >= guest->cell_count) {
			printf("      <cell id='%u' memory='0' unit='KiB'>\n", i);
		} else {
			const struct guest_cell *cell = &guest->cells[i];
			bool whole = cell->memory % GIB == 0;

			printf("      <cell id='%u' cpus='%u-%u' memory='%llu' unit='%s'%s>\n", i,
			       cell->first_cpu, cell->last_cpu, cell->memory / (whole ? GIB : MIB),
			       whole ? "GiB" : "MiB", native ? "" : "/");
		}
		if (!native)
			continue;
		print_distances(guest, i);
		puts("      </cell>");
	}
	puts("    </numa>");
}

static void print_head(const struct guest *guest)
{
	const struct guest_options *options = guest->options;

	printf("<domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>\n"
	       "  <name>%s</name>\n", options->name ?: "nvgrace-guest");
	print_memory("  <memory", options->memory, ">", "</memory>\n");
	if (options->hugepages)
		puts("  <memoryBacking>\n"
		     "    <hugepages/>\n"
		     "  </memoryBacking>");
	printf("  <vcpu>%u</vcpu>\n", options->cpus);
	print_placement(guest);
	print_os(guest);
	puts("  <features>\n"
	     "    <acpi/>\n"
	     "    <gic version='3'/>");
	if (guest->software.ras)
		puts("    <ras state='on'/>");
	puts("  </features>\n"
	     "  <cpu mode='host-passthrough'>");
	print_cells(guest);
	puts("  </cpu>");
}

static void print_address(const char *prefix, const char *bdf)
{
	struct text_address address;

	text_address(bdf, &address);
	printf("%s<address domain='0x%04x' bus='0x%02x' slot='0x%02x' function='0x%x'/>\n",
	       prefix, address.domain, address.bus, address.slot, address.function);
}

/* Behind an emulated SMMU is one for devices that are no GPUs. */
static size_t root_buses(const struct guest *guest)
{
	return guest->bus_count + (guest->smmu == SMMU_EMULATED);
}

/* Controllers: the machine's root bus is 0, then other root buses, then root ports. */
static size_t port_of(const struct guest *guest, size_t gpu)
{
	return 1 + root_buses(guest) + gpu;
}

static void print_root_bus(size_t index, unsigned int number, unsigned int cell)
{
	printf("    <controller type='pci' index='%zu' model='pcie-expander-bus'>\n"
	       "      <target busNr='%u'>\n"
	       "        <node>%u</node>\n"
	       "      </target>\n"
	       "    </controller>\n", index, number, cell);
}

static void print_root_port(size_t index, size_t bus, unsigned int slot)
{
	printf("    <controller type='pci' index='%zu' model='pcie-root-port'>\n"
	       "      <address type='pci' domain='0x0000' bus='0x%02zx' slot='0x%02x' function='0x0'/>\n"
	       "    </controller>\n", index, bus, slot);
}

static void print_controllers(const struct guest *guest)
{
	if (guest_libvirt_has_window(guest) && guest->software.window)
		printf("    <controller type='pci' index='0' model='pcie-root'>\n"
		       "      <pcihole64 unit='GiB'>%llu</pcihole64>\n"
		       "    </controller>\n", guest->window_gib);
	else
		puts("    <controller type='pci' index='0' model='pcie-root'/>");
	for (size_t i = 0; i < guest->bus_count; i++)
		print_root_bus(i + 1, guest->buses[i].number, guest->buses[i].cell);
	if (guest->smmu == SMMU_EMULATED)
		print_root_bus(1, GUEST_FIRST_BUS, 0);
	for (size_t i = 0; i < guest->gpu_count; i++) {
		if (guest->bus_count)
			print_root_port(port_of(guest, i), guest->gpus[i].bus + 1,
					guest->gpus[i].slot);
		else
			printf("    <controller type='pci' index='%zu' model='pcie-root-port'/>\n",
			       port_of(guest, i));
	}
	if (guest->smmu != SMMU_EMULATED)
		return;
	if (guest->options->disk)
		print_root_port(port_of(guest, guest->gpu_count), 1, 0);
	if (guest->options->network)
		print_root_port(port_of(guest, guest->gpu_count + !!guest->options->disk), 1, 1);
}

static void print_gpu(const struct guest *guest, size_t i)
{
	const struct guest_gpu *gpu = &guest->gpus[i];

	puts("    <hostdev mode='subsystem' type='pci' managed='yes'>");
	if (guest->iommufd)
		puts("      <driver iommufd='yes'/>");
	puts("      <source>");
	print_address("        ", gpu->gpu->pci.bdf);
	printf("      </source>\n"
	       "      <alias name='ua-gpu%zu'/>\n", i);
	if (guest_libvirt_has_nodes(guest))
		printf("      <acpi nodeset='%u-%u'/>\n", gpu->first_node,
		       gpu->first_node + GUEST_NODES_PER_GPU - 1);
	if (guest->smmu == SMMU_ACCEL)
		puts("      <rom bar='off'/>");
	printf("      <address type='pci' domain='0x0000' bus='0x%02zx' slot='0x00' function='0x0'/>\n"
	       "    </hostdev>\n", port_of(guest, i));
}

static void print_smmus(const struct guest *guest)
{
	const struct guest_software *software = &guest->software;

	if (guest->smmu == SMMU_EMULATED)
		puts("    <iommu model='smmuv3'/>");
	for (size_t i = 0; i < guest->bus_count && guest->smmu == SMMU_ACCEL; i++)
		printf("    <iommu model='smmuv3'>\n"
		       "      <driver pciBus='%zu' accel='on'%s%s%s%s/>\n"
		       "    </iommu>\n", i + 1, software->ats ? " ats='on'" : "",
		       software->ril ? " ril='off'" : "",
		       software->ssidsize ? " ssidsize='20'" : "", software->oas ? " oas='48'" : "");
}

/* Of a device that is to be behind the emulated SMMU; others are where libvirt puts them. */
static void print_place(const struct guest *guest, size_t port)
{
	if (guest->smmu == SMMU_EMULATED)
		printf("      <address type='pci' domain='0x0000' bus='0x%02zx' slot='0x00' function='0x0'/>\n",
		       port_of(guest, port));
}

static void print_devices(const struct guest *guest)
{
	const struct guest_options *options = guest->options;

	puts("  <devices>");
	print_controllers(guest);
	for (size_t i = 0; i < guest->gpu_count; i++)
		print_gpu(guest, i);
	if (options->disk) {
		printf("    <disk type='file' device='disk'>\n"
		       "      <driver name='qemu' type='%s'%s/>\n"
		       "      <source file='%s'/>\n"
		       "      <target dev='vda' bus='virtio'/>\n", guest_disk_format(options->disk),
		       guest->smmu == SMMU_EMULATED ? " iommu='on'" : "", options->disk);
		print_place(guest, guest->gpu_count);
		puts("    </disk>");
	}
	if (options->network) {
		if (strcmp(options->network, "user"))
			printf("    <interface type='bridge'>\n"
			       "      <source bridge='%s'/>\n", options->network);
		else
			puts("    <interface type='user'>");
		/* What boots from a network is not always installed, and no guest starts then. */
		puts("      <model type='virtio'/>\n"
		     "      <rom enabled='no'/>");
		if (guest->smmu == SMMU_EMULATED)
			puts("      <driver iommu='on'/>");
		print_place(guest, guest->gpu_count + !!options->disk);
		puts("    </interface>");
	}
	print_smmus(guest);
	puts("    <console type='pty'/>\n"
	     "  </devices>");
}

static void print_argument(const char *name, const char *value)
{
	printf("    <qemu:arg value='%s'/>\n"
	       "    <qemu:arg value='%s'/>\n", name, value);
}

static void print_nodes(const struct guest *guest)
{
	char value[96];

	for (size_t i = 0; i < guest->gpu_count; i++) {
		unsigned int node = guest->gpus[i].first_node;

		for (unsigned int end = node + GUEST_NODES_PER_GPU; node < end; node++) {
			snprintf(value, sizeof(value), "node,nodeid=%u", node);
			print_argument("-numa", value);
			snprintf(value, sizeof(value),
				 "acpi-generic-initiator,id=gi%u,pci-dev=ua-gpu%zu,node=%u", node,
				 i, node);
			print_argument("-object", value);
		}
	}
	for (unsigned int from = 0; from < guest_nodes(guest); from++) {
		for (unsigned int to = from + 1; to < guest_nodes(guest); to++) {
			snprintf(value, sizeof(value), "dist,src=%u,dst=%u,val=%u", from, to,
				 guest_distance(guest, from, to));
			print_argument("-numa", value);
		}
	}
}

static void print_arguments(const struct guest *guest)
{
	bool window = guest->software.window && !guest_libvirt_has_window(guest);
	bool nodes = !guest_libvirt_has_nodes(guest);
	char value[64];

	if (!window && !nodes && guest->smmu != SMMU_EMULATED)
		return;
	puts("  <qemu:commandline>");
	if (window) {
		snprintf(value, sizeof(value), "highmem-mmio-size=%lluG", guest->window_gib);
		print_argument("-machine", value);
	}
	if (guest->smmu == SMMU_EMULATED)
		print_argument("-machine", "default_bus_bypass_iommu=on");
	if (nodes)
		print_nodes(guest);
	puts("  </qemu:commandline>");
}

void guest_print_libvirt(const struct guest *guest)
{
	print_head(guest);
	print_devices(guest);
	print_arguments(guest);
	puts("</domain>");
}
