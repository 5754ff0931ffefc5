// SPDX-License-Identifier: GPL-2.0-only
/*
 * A virtual machine for GPUs.
 */
#include <errno.h>

#include "guests/guest.h"
#include "host/distribution.h"

#define GIB (1024 * 1024 * 1024ull)

/* What QEMU has without being told, and the smallest it takes. */
#define WINDOW_MIN (512 * GIB)
/* Guests have at most 48 bits of addresses, and their memory is below the window. */
#define WINDOW_MAX (64 * 1024 * GIB)
/* No GPU has a larger one yet. */
#define ASSUMED_BAR (512 * GIB)

/* No less than a size, up to the limit that is past every window. */
static __u64 power_of_two(__u64 size)
{
	__u64 power = 1;

	while (power < size && power <= WINDOW_MAX)
		power <<= 1;
	return power;
}

/* Sums that do not wrap. */
static __u64 sum(__u64 a, __u64 b)
{
	return a > WINDOW_MAX || b > WINDOW_MAX ? WINDOW_MAX + 1 : a + b;
}

static __u64 physical_bar(const struct pci_device *pci, int bar)
{
	return pci->bars[bar].flags & PCI_BAR_64 ? pci->bars[bar].size : 0;
}

/* The 64-bit BARs of a GPU as its guest sees them. */
static __u64 bars_of(const struct gpu *gpu, bool *assumed)
{
	const struct pci_device *pci = &gpu->pci;
	__u64 total = 0;

	if (gpu->has_memory) {
		total = sum(physical_bar(pci, 0), gpu->usemem_bar_size);
		return sum(total, gpu->resmem_size ? gpu->resmem_bar_size : physical_bar(pci, 2));
	}
	if (gpu->origin == GPU_OF_PACKAGE) {
		for (int i = 0; i < PCI_BARS; i++)
			total = sum(total, physical_bar(pci, i));
		return total;
	}
	*assumed = true;
	return sum(ASSUMED_BAR, physical_bar(pci, 0));
}

/* Each root port has a window of its own, aligned to its largest BAR. */
int guest_plan(struct guest *guest, const struct gpus *gpus)
{
	struct distribution distribution;
	__u64 window = 0;

	distribution_read(&distribution);
	*guest = (struct guest){
		.gpus = gpus,
		.program = distribution.facts->qemu_program,
		.firmware = distribution_firmware(&distribution),
	};
	if (gpus->count > GUEST_GPUS_MAX)
		return -E2BIG;
	for (size_t i = 0; i < gpus->count; i++)
		window = sum(window, power_of_two(bars_of(&gpus->gpus[i], &guest->assumed)));
	window = power_of_two(window < WINDOW_MIN ? WINDOW_MIN : window);
	if (window > WINDOW_MAX)
		return -ERANGE;
	guest->window_gib = window / GIB;
	return 0;
}

unsigned int guest_first_node(size_t gpu)
{
	return 1 + gpu * GUEST_NODES_PER_GPU;
}
