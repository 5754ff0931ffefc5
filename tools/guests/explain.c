// SPDX-License-Identifier: GPL-2.0-only
/*
 * Why a virtual machine is planned as it is, and what this host's software is too old for.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "guests/guest.h"

[[gnu::format(printf, 2, 3)]]
static void say(const char *part, const char *format, ...)
{
	va_list arguments;

	printf("%-10s ", part);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
}

static void explain_memory(const struct guest *guest)
{
	const struct guest_options *options = guest->options;
	char size[32];

	say("memory", "%s%s: --memory, --hugepages",
	    text_size(size, sizeof(size), options->memory),
	    options->hugepages ? " of huge pages" : "");
	say("cpus", "%u: --cpus", options->cpus);
	for (size_t i = 0; i < guest->cell_count; i++) {
		const struct guest_cell *cell = &guest->cells[i];

		if (cell->host_node >= 0)
			say("placement", "node %zu is of node %d of the host, which GPUs are on: %s, processors %u to %u%s",
			    i, cell->host_node, text_size(size, sizeof(size), cell->memory),
			    cell->first_cpu, cell->last_cpu,
			    options->form == FORM_QEMU ?
			    ", which QEMU does not bind: see taskset(1)" : "");
		else
			say("placement", "anywhere: this host has one node with processors, or does not say which one the GPUs are on");
	}
}

static void explain_nodes(const struct guest *guest)
{
	unsigned int nodes = guest_nodes(guest), shift = 0;

	if (!guest->words.nodes) {
		say("nodes", "none of the GPUs': %s", guest->words.reason);
		return;
	}
	while (1u << shift < nodes)
		shift++;
	say("nodes", "%u, %d of them for each GPU: its driver in the guest makes one of the memory of each MIG instance. The guest's kernel needs CONFIG_NODES_SHIFT=%u or more for all of them",
	    nodes, GUEST_NODES_PER_GPU, shift);
	if (guest_kubevirt_knows(guest))
		say("distances", "as the host's are");
	else
		say("distances", "254 to the GPUs' nodes: the guest's kernel uses them last for its own pages");
	if (guest->options->form == FORM_LIBVIRT && !guest_libvirt_has_nodes(guest))
		say("", "both are given to QEMU past libvirt: it has them from 11.8 on");
}

static void explain_buses(const struct guest *guest)
{
	for (size_t i = 0; i < guest->gpu_count; i++) {
		const struct guest_gpu *gpu = &guest->gpus[i];
		const struct guest_bus *bus = &guest->buses[gpu->bus];

		if (guest_kubevirt_knows(guest))
			say("GPU", "%s: on a root bus with an SMMU, which KubeVirt makes",
			    gpu->gpu->pci.bdf);
		else if (guest->bus_count)
			say("GPU", "%s: on root bus %u, for the GPUs of the host's %s",
			    gpu->gpu->pci.bdf, bus->number,
			    bus->smmu[0] ? bus->smmu : "IOMMU, which is not known");
		else
			say("GPU", "%s: behind a root port, for a window of its own",
			    gpu->gpu->pci.bdf);
	}
}

static void explain_window(const struct guest *guest)
{
	if (guest_kubevirt_knows(guest))
		say("window", "as KubeVirt adds up the BARs: %llu GiB are as NVIDIA documents it",
		    guest->window_gib);
	else if (!guest->words.window)
		say("window", "512 GiB, which all BARs fit into: %s", guest->words.reason);
	else if (guest->software.window)
		say("window", "%llu GiB: %s%s", guest->window_gib,
		    guest->smmu == SMMU_ACCEL ? "as NVIDIA documents it, more than all BARs need" :
						"a power of two that all BARs fit into",
		    guest->assumed ? ", of which those that are not known are 512 GiB" : "");
	else
		say("window", "512 GiB, which all BARs fit into: this QEMU is too old for another one (10.0)");
	if (guest->options->form == FORM_LIBVIRT && guest->software.window &&
	    !guest_libvirt_has_window(guest))
		say("", "it is given to QEMU past libvirt, which may not take <pcihole64> before 12.8");
}

static void explain_iommu(const struct guest *guest)
{
	static const char * const names[] = {
		[SMMU_ACCEL] = "accelerated", [SMMU_EMULATED] = "emulated", [SMMU_NONE] = "none",
	};

	say("iommufd", "%s: %s", guest->iommufd ? "yes" : "no", guest->iommufd_why);
	say("SMMU", "%s: %s", names[guest->smmu], guest->smmu_why);
	if (guest->options->form == FORM_LIBVIRT && guest->smmu == SMMU_EMULATED)
		say("", "that they do is given to QEMU past libvirt, which has no words for it");
}

static void explain_unsaid(const char *sentence)
{
	say("not said", "%s", sentence);
}

void guest_explain(const struct guest *guest)
{
	const struct guest_software *software = &guest->software;

	if (software->qemu_error)
		say("QEMU", "%s does not answer (%s): what QEMU 10.0 can do is assumed",
		    software->program, strerror(-software->qemu_error));
	if (software->libvirt_error && guest->options->form == FORM_LIBVIRT)
		say("libvirt", "it does not answer (%s): an old one is assumed",
		    strerror(-software->libvirt_error));
	explain_memory(guest);
	if (guest->firmware)
		say("firmware", "%s: without UEFI the guest has no ACPI, and none of these nodes",
		    guest->firmware);
	else
		say("firmware", "%s chooses it: without UEFI the guest has no ACPI, and none of these nodes",
		    guest->words.name);
	if (guest->options->form == FORM_QEMU || guest->options->form == FORM_LIBVIRT)
		say("ras", "%s", software->ras ? "on: the guest is told of errors of its memory" :
						 "this QEMU is too old for it");
	explain_nodes(guest);
	explain_buses(guest);
	explain_window(guest);
	explain_iommu(guest);
	guest_unsaid(guest, explain_unsaid);
}

void guest_note(const struct guest *guest)
{
	if (guest->assumed)
		fprintf(stderr, "nvgrace-gpu: of a GPU that is not bound, 512 GiB are assumed\n");
	if (guest->software.qemu_error)
		fprintf(stderr, "nvgrace-gpu: %s does not say what it can do (%s): this is for QEMU 10.0\n",
			guest->software.program, strerror(-guest->software.qemu_error));
	if (guest->words.nodes && guest_nodes(guest) > GUEST_NODES_OF_KERNEL)
		fprintf(stderr, "nvgrace-gpu: the guest has %u NUMA nodes; a kernel as Debian's has %d (CONFIG_NODES_SHIFT=4), and leaves out the rest\n",
			guest_nodes(guest), GUEST_NODES_OF_KERNEL);
}
