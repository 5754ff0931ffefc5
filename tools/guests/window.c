// SPDX-License-Identifier: GPL-2.0-only
/*
 * The PCI window above 4 GiB of a virtual machine, which all BARs of its GPUs fit into.
 */
#include "guests/guest.h"

/* What QEMU has without being told, and the smallest it takes. */
#define WINDOW_MIN (512 * GIB)
/* The smallest that NVIDIA documents for an accelerated guest. */
#define WINDOW_DOCUMENTED (4096 * GIB)
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

/*
 * Each root port has a window of its own, aligned to its largest BAR.  NVIDIA's windows are
 * twice as large: 4 TiB for up to four GH200 or GB200, 8 TiB for four GB300.
 */
void guest_plan_window(struct guest *guest, const struct gpus *gpus)
{
	__u64 window = 0;

	for (size_t i = 0; i < gpus->count; i++)
		window = sum(window, power_of_two(bars_of(&gpus->gpus[i], &guest->assumed)));
	window = power_of_two(window < WINDOW_MIN ? WINDOW_MIN : window);
	if (guest->smmu == SMMU_ACCEL)
		window = window * 2 < WINDOW_DOCUMENTED ? WINDOW_DOCUMENTED : window * 2;
	if (window > WINDOW_MAX)
		guest_refuse(guest, "the GPUs' BARs are too large for a guest's addresses");
	else if (window > WINDOW_MIN && !guest->words.window)
		guest_refuse(guest, "the BARs need a PCI window of %llu GiB, and QEMU's has 512 GiB unless it is told: %s",
			     window / GIB, guest->words.reason);
	else if (window > WINDOW_MIN && !guest->software.window)
		guest_refuse(guest, "this QEMU is too old: its PCI window has 512 GiB, and the BARs need %llu GiB (highmem-mmio-size, 10.0)",
			     window / GIB);
	guest->window_gib = window / GIB;
}
