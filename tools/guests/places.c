// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the memory, the processors and the GPUs of a virtual machine are: NUMA nodes of the
 * guest and of the host, and root buses.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/tree.h"
#include "guests/guest.h"

/* Linux puts pages and tasks there last; 255 would be unreachable. */
#define FARTHEST 254
#define LOCAL 10
#define REMOTE 20

/* Whether there is more than one node with processors: "0-1" or "0,8". */
static bool host_has_places(void)
{
	char list[64];

	return !tree_line(list, sizeof(list), "/sys/devices/system/node/has_cpu") &&
		strpbrk(list, "-,");
}

static size_t find_cell(const struct guest *guest, int host_node)
{
	for (size_t i = 0; i < guest->cell_count; i++) {
		if (guest->cells[i].host_node == host_node)
			return i;
	}
	return guest->cell_count;
}

/* A node for each of the host's that has one of the GPUs, or one that is anywhere. */
static void plan_cells(struct guest *guest, const struct gpus *gpus)
{
	const struct guest_options *options = guest->options;
	__u64 memory = options->memory / MIB;
	unsigned int cpu = 0;

	for (size_t i = 0; i < gpus->count && host_has_places(); i++) {
		int node = gpus->gpus[i].pci.numa_node;

		if (node < 0 || guest->cell_count == GUEST_CELLS_MAX) {
			guest->cell_count = 0;
			break;
		}
		if (find_cell(guest, node) == guest->cell_count)
			guest->cells[guest->cell_count++].host_node = node;
	}
	if (!guest->cell_count)
		guest->cells[guest->cell_count++].host_node = -1;
	if (options->cpus < guest->cell_count)
		guest_refuse(guest, "the GPUs are on %zu nodes of the host: a guest with them has that many processors or more",
			     guest->cell_count);
	for (size_t i = 0; i < guest->cell_count; i++) {
		struct guest_cell *cell = &guest->cells[i];
		size_t left = guest->cell_count - i;
		unsigned int cpus = (options->cpus - cpu) / left;

		cell->memory = memory / left * MIB;
		memory -= memory / left;
		cell->first_cpu = cpu;
		cell->last_cpu = cpu + cpus - 1;
		cpu += cpus;
	}
}

static size_t find_bus(const struct guest *guest, const char *smmu)
{
	for (size_t i = 0; i < guest->bus_count; i++) {
		if (smmu[0] && !strcmp(guest->buses[i].smmu, smmu))
			return i;
	}
	return guest->bus_count;
}

/* Which root bus each is on: one for each SMMU of the host, where the guest uses that. */
static void plan_buses(struct guest *guest, const struct gpus *gpus, size_t bus_of[])
{
	unsigned int number = GUEST_FIRST_BUS;

	for (size_t i = 0; i < gpus->count; i++) {
		const struct pci_device *pci = &gpus->gpus[i].pci;
		size_t cell = find_cell(guest, pci->numa_node);
		struct guest_bus *bus;
		char smmu[64];

		bus_of[i] = 0;
		if (guest->smmu != SMMU_ACCEL)
			continue;
		tree_link_name(smmu, sizeof(smmu), PCI_DEVICE_FOLDER "%s/iommu", pci->bdf);
		bus_of[i] = find_bus(guest, smmu);
		bus = &guest->buses[bus_of[i]];
		if (bus_of[i] == guest->bus_count) {
			*bus = (struct guest_bus){ .cell = cell < guest->cell_count ? cell : 0 };
			text_put(bus->smmu, sizeof(bus->smmu), smmu);
			guest->bus_count++;
		}
		bus->gpus++;
	}
	/* Behind each are the buses of its root ports. */
	for (size_t i = 0; i < guest->bus_count; i++) {
		guest->buses[i].number = number;
		number += 1 + guest->buses[i].gpus;
	}
}

void guest_plan_places(struct guest *guest, const struct gpus *gpus)
{
	size_t bus_of[GUEST_GPUS_MAX];

	plan_cells(guest, gpus);
	plan_buses(guest, gpus, bus_of);
	for (size_t bus = 0; bus == 0 || bus < guest->bus_count; bus++) {
		unsigned int slot = 0;

		for (size_t i = 0; i < gpus->count; i++) {
			struct guest_gpu *place = &guest->gpus[guest->gpu_count];

			if (bus_of[i] != bus)
				continue;
			place->gpu = &gpus->gpus[i];
			place->bus = bus;
			place->slot = slot++;
			place->first_node = guest->cell_count +
				guest->gpu_count * GUEST_NODES_PER_GPU;
			guest->gpu_count++;
		}
	}
}

/* guest_plan() takes no more GPUs than these. */
static_assert(GUEST_CELLS_MAX + GUEST_GPUS_MAX * GUEST_NODES_PER_GPU <= GUEST_NODES_MAX);

unsigned int guest_nodes(const struct guest *guest)
{
	return guest->cell_count + guest->gpu_count * GUEST_NODES_PER_GPU;
}

/* As the host has it: a line with a number for each of its nodes. */
static unsigned int host_distance(int from, int to)
{
	char line[1024];
	const char *rest = line;
	__u64 distance = 0;

	if (tree_line(line, sizeof(line), "/sys/devices/system/node/node%d/distance", from))
		return REMOTE;
	for (int i = 0; i <= to && rest; i++)
		rest = text_scan(rest, 10, &distance);
	return rest && distance > LOCAL && distance <= FARTHEST ? distance : REMOTE;
}

unsigned int guest_distance(const struct guest *guest, unsigned int from, unsigned int to)
{
	if (from >= guest->cell_count || to >= guest->cell_count)
		return FARTHEST;
	return host_distance(guest->cells[from].host_node, guest->cells[to].host_node);
}
