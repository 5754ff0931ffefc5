// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz target: a function's BARs, as the tool reads them from its file in sysfs.
 */
#include "fuzz.h"
#include "host/pci_device.h"

int fuzz_one_input(const __u8 *data, size_t size)
{
	struct pci_bar bars[PCI_BARS] = {};
	char *text = malloc(size + 1);

	memcpy(text, data, size);
	text[size] = 0;
	pci_bars_parse(bars, text);
	free(text);
	for (int i = 0; i < PCI_BARS; i++)
		FUZZ_CHECK(bars[i].size && bars[i].start + (bars[i].size - 1) < bars[i].start ?
			   "a BAR wraps" : NULL, "%d", i);

	return 0;
}
