// SPDX-License-Identifier: GPL-2.0-only
/*
 * A virtual machine for GPUs as a domain of libvirt.  What libvirt has no words for,
 * up to 11.3 at least, goes to QEMU past it: the window for the BARs, and the nodes
 * that have neither memory nor processors, with their initiators.
 */
#include <stdio.h>

#include "guests/guest.h"

static void print_head(void)
{
	printf("<domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>\n"
	       "  <name>nvgrace-guest</name>\n"
	       "  <memory unit='GiB'>%d</memory>\n"
	       "  <vcpu>%d</vcpu>\n", GUEST_MEMORY_GIB, GUEST_CPUS);
	puts("  <os firmware='efi'>\n"
	     "    <type arch='aarch64' machine='virt'>hvm</type>\n"
	     "  </os>\n"
	     "  <features>\n"
	     "    <acpi/>\n"
	     "    <gic version='3'/>\n"
	     "    <ras state='on'/>\n"
	     "  </features>\n"
	     "  <cpu mode='host-passthrough'>\n"
	     "    <numa>");
	printf("      <cell id='0' cpus='0-%d' memory='%d' unit='GiB'/>\n", GUEST_CPUS - 1,
	       GUEST_MEMORY_GIB);
	puts("    </numa>\n"
	     "  </cpu>");
}

static void print_address(const char *prefix, const char *bdf)
{
	struct text_address address;

	text_address(bdf, &address);
	printf("%s<address domain='0x%04x' bus='0x%02x' slot='0x%02x' function='0x%x'/>\n",
	       prefix, address.domain, address.bus, address.slot, address.function);
}

static void print_gpu(const struct gpu *gpu, size_t i)
{
	puts("    <hostdev mode='subsystem' type='pci' managed='yes'>\n"
	     "      <source>");
	print_address("        ", gpu->pci.bdf);
	printf("      </source>\n"
	       "      <alias name='ua-gpu%zu'/>\n"
	       "      <address type='pci' domain='0x0000' bus='0x%02zx' slot='0x00' function='0x0'/>\n"
	       "    </hostdev>\n",
	       i, i + 1);
}

static void print_devices(const struct gpus *gpus)
{
	puts("  <devices>\n"
	     "    <controller type='pci' index='0' model='pcie-root'/>");
	for (size_t i = 0; i < gpus->count; i++)
		printf("    <controller type='pci' index='%zu' model='pcie-root-port'/>\n", i + 1);
	for (size_t i = 0; i < gpus->count; i++)
		print_gpu(&gpus->gpus[i], i);
	puts("    <console type='pty'/>\n"
	     "  </devices>");
}

static void print_arguments(const struct guest *guest)
{
	puts("  <qemu:commandline>\n"
	     "    <qemu:arg value='-machine'/>");
	printf("    <qemu:arg value='highmem-mmio-size=%lluG'/>\n", guest->window_gib);
	for (size_t i = 0; i < guest->gpus->count; i++) {
		unsigned int node = guest_first_node(i);

		for (unsigned int end = node + GUEST_NODES_PER_GPU; node < end; node++)
			printf("    <qemu:arg value='-numa'/>\n"
			       "    <qemu:arg value='node,nodeid=%u'/>\n"
			       "    <qemu:arg value='-object'/>\n"
			       "    <qemu:arg value='acpi-generic-initiator,id=gi%u,pci-dev=ua-gpu%zu,node=%u'/>\n",
			       node, node, i, node);
	}
	puts("  </qemu:commandline>");
}

void guest_print_libvirt(const struct guest *guest)
{
	print_head();
	print_devices(guest->gpus);
	print_arguments(guest);
	puts("</domain>");
}
