// SPDX-License-Identifier: GPL-2.0-only
/*
 * A virtual machine for GPUs as a command line of QEMU.
 */
#include <stdio.h>

#include "guests/guest.h"

static void print_node(unsigned int node, size_t gpu)
{
	printf(" \\\n  -numa node,nodeid=%u", node);
	printf(" -object acpi-generic-initiator,id=gi%u,pci-dev=gpu%zu,node=%u", node, gpu, node);
}

static void print_gpu(const struct gpu *gpu, size_t i)
{
	unsigned int node = guest_first_node(i);

	printf(" \\\n  -device pcie-root-port,id=port%zu,bus=pcie.0,chassis=%zu", i, i + 1);
	printf(" \\\n  -device vfio-pci,host=%s,id=gpu%zu,bus=port%zu", gpu->pci.bdf, i, i);
	for (unsigned int end = node + GUEST_NODES_PER_GPU; node < end; node++)
		print_node(node, i);
}

void guest_print_qemu(const struct guest *guest)
{
	printf("%s -nodefaults -nographic -serial mon:stdio", guest->program);
	printf(" \\\n  -M virt,accel=kvm,gic-version=3,ras=on,highmem-mmio-size=%lluG",
	       guest->window_gib);
	printf(" -cpu host -smp %d -m %dG", GUEST_CPUS, GUEST_MEMORY_GIB);
	if (guest->firmware)
		printf(" \\\n  -bios %s", guest->firmware);
	printf(" \\\n  -object memory-backend-ram,id=memory0,size=%dG", GUEST_MEMORY_GIB);
	printf(" -numa node,nodeid=0,cpus=0-%d,memdev=memory0", GUEST_CPUS - 1);
	for (size_t i = 0; i < guest->gpus->count; i++)
		print_gpu(&guest->gpus->gpus[i], i);
	putchar('\n');
}
