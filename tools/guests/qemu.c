// SPDX-License-Identifier: GPL-2.0-only
/*
 * A virtual machine for GPUs as a command line of QEMU.
 */
#include <stdio.h>
#include <string.h>

#include "guests/guest.h"

static void print_machine(const struct guest *guest)
{
	const struct guest_options *options = guest->options;
	char memory[32];

	printf("%s -nodefaults -nographic -serial mon:stdio", guest->software.program);
	if (options->name)
		printf(" -name %s", options->name);
	printf(" \\\n  -M virt,accel=kvm,gic-version=3%s", guest->software.ras ? ",ras=on" : "");
	if (guest->software.window)
		printf(",highmem-mmio-size=%lluG", guest->window_gib);
	if (guest->smmu == SMMU_EMULATED)
		printf(",iommu=smmuv3,default_bus_bypass_iommu=on");
	printf(" -cpu host -smp %u -m %s", options->cpus,
	       guest_size(memory, sizeof(memory), options->memory));
	printf(" \\\n  -bios %s", guest->firmware);
}

static void print_cell(const struct guest *guest, size_t i)
{
	const struct guest_cell *cell = &guest->cells[i];
	char memory[32];

	printf(" \\\n  -object memory-backend-%s,id=memory%zu,size=%s",
	       guest->options->hugepages ? "file" : "ram", i,
	       guest_size(memory, sizeof(memory), cell->memory));
	if (guest->options->hugepages)
		printf(",mem-path=/dev/hugepages,prealloc=on,share=on");
	if (cell->host_node >= 0)
		printf(",host-nodes=%d,policy=bind", cell->host_node);
	printf(" -numa node,nodeid=%zu,cpus=%u-%u,memdev=memory%zu", i, cell->first_cpu,
	       cell->last_cpu, i);
}

static void print_bus(const struct guest *guest, size_t i)
{
	const struct guest_software *software = &guest->software;
	const struct guest_bus *bus = &guest->buses[i];

	printf(" \\\n  -device pxb-pcie,id=pxb%zu,bus=pcie.0,bus_nr=%u,numa_node=%u", i,
	       bus->number, bus->cell);
	printf(" \\\n  -device arm-smmuv3,primary-bus=pxb%zu,id=smmu%zu,accel=on%s%s%s%s", i, i,
	       software->ats ? ",ats=on" : "", software->ril ? ",ril=off" : "",
	       software->pasid ? ",pasid=on" : software->ssidsize ? ",ssidsize=20" : "",
	       software->oas ? ",oas=48" : "");
}

static void print_node(unsigned int node, size_t gpu)
{
	printf(" \\\n  -numa node,nodeid=%u", node);
	printf(" -object acpi-generic-initiator,id=gi%u,pci-dev=gpu%zu,node=%u", node, gpu, node);
}

/* Where GPUs have root buses of their own, they are what NVIDIA documents. */
static void print_gpu(const struct guest *guest, size_t i)
{
	const struct guest_gpu *gpu = &guest->gpus[i];

	if (guest->bus_count && gpu->slot == 0)
		print_bus(guest, gpu->bus);
	if (guest->bus_count)
		printf(" \\\n  -device pcie-root-port,id=port%zu,bus=pxb%zu,chassis=%zu,io-reserve=0",
		       i, gpu->bus, i + 1);
	else
		printf(" \\\n  -device pcie-root-port,id=port%zu,bus=pcie.0,chassis=%zu", i, i + 1);
	printf(" \\\n  -device %s,host=%s,id=gpu%zu,bus=port%zu%s%s",
	       guest->smmu == SMMU_ACCEL ? "vfio-pci-nohotplug" : "vfio-pci", gpu->gpu->pci.bdf,
	       i, i, guest->smmu == SMMU_ACCEL ? ",rombar=0" : "",
	       guest->iommufd ? ",iommufd=iommufd0" : "");
	for (unsigned int node = 0; node < GUEST_NODES_PER_GPU; node++)
		print_node(gpu->first_node + node, i);
}

/* QEMU wants the distance of each pair, once it has one. */
static void print_distances(const struct guest *guest)
{
	unsigned int nodes = guest_nodes(guest);

	for (unsigned int from = 0; from + 1 < nodes; from++) {
		printf(" \\\n ");
		for (unsigned int to = from + 1; to < nodes; to++)
			printf(" -numa dist,src=%u,dst=%u,val=%u", from, to,
			       guest_distance(guest, from, to));
	}
}

/* Behind an emulated SMMU is a root bus of its own, which takes bridges alone. */
static void print_virtio(const struct guest *guest, const char *device, const char *more,
			 size_t number)
{
	if (guest->smmu == SMMU_EMULATED)
		printf(" \\\n  -device pcie-root-port,id=port%zu,bus=others,chassis=%zu,io-reserve=0 -device %s,bus=port%zu,iommu_platform=on%s",
		       number, number + 1, device, number, more);
	else
		printf(" -device %s,bus=pcie.0%s", device, more);
}

static void print_devices(const struct guest *guest)
{
	const struct guest_options *options = guest->options;

	if (guest->smmu == SMMU_EMULATED)
		printf(" \\\n  -device pxb-pcie,id=others,bus=pcie.0,bus_nr=%u", GUEST_FIRST_BUS);
	if (options->disk) {
		printf(" \\\n  -drive file=%s,format=%s,if=none,id=disk0", options->disk,
		       guest_disk_format(options->disk));
		print_virtio(guest, "virtio-blk-pci,drive=disk0", "", guest->gpu_count);
	}
	if (!options->network)
		return;
	if (strcmp(options->network, "user"))
		printf(" \\\n  -netdev bridge,id=network0,br=%s", options->network);
	else
		printf(" \\\n  -netdev user,id=network0");
	print_virtio(guest, "virtio-net-pci,netdev=network0", ",romfile=", guest->gpu_count + 1);
}

void guest_print_qemu(const struct guest *guest)
{
	print_machine(guest);
	for (size_t i = 0; i < guest->cell_count; i++)
		print_cell(guest, i);
	if (guest->iommufd)
		printf(" \\\n  -object iommufd,id=iommufd0");
	for (size_t i = 0; i < guest->gpu_count; i++)
		print_gpu(guest, i);
	print_distances(guest);
	print_devices(guest);
	putchar('\n');
}
