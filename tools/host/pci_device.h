/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A PCI function as sysfs shows it.
 */
#ifndef PCI_DEVICE_H
#define PCI_DEVICE_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

#include "base/text.h"

#define PCI_DEVICE_FOLDER "/sys/bus/pci/devices/"
#define PCI_DRIVER_FOLDER "/sys/bus/pci/drivers/"

#define PCI_BARS 6
#define PCI_VENDOR_NVIDIA 0x10de

/* Flags of a BAR in sysfs, as in linux/ioport.h. */
#define PCI_BAR_MEMORY 0x200
#define PCI_BAR_PREFETCH 0x2000
#define PCI_BAR_64 0x100000

/**
 * struct pci_bar - a base address register
 * @start: bus address that it has
 * @size: in bytes, 0 if there is none
 * @flags: PCI_BAR_*
 */
struct pci_bar {
	__u64 start;
	__u64 size;
	__u64 flags;
};

/**
 * struct pci_device - a PCI function
 * @bdf: its address, as in sysfs
 * @vendor: vendor id
 * @device: device id
 * @class: class, subclass and interface
 * @numa_node: the host's node that it belongs to, -1 if none
 * @driver: name of the driver it is bound to, empty if none
 * @override: driver_override, empty if not set
 * @group: number of its IOMMU group, empty if it has none
 * @is_vfio: it is bound to a VFIO driver
 * @bars: its BARs
 */
struct pci_device {
	char bdf[TEXT_BDF_SIZE];
	__u32 vendor;
	__u32 device;
	__u32 class;
	int numa_node;
	char driver[64];
	char override[64];
	char group[16];
	bool is_vfio;
	struct pci_bar bars[PCI_BARS];
};

struct pci_devices {
	struct pci_device *devices;
	size_t count;
};

/* Reads what is there of it: 0, or -ENOENT if there is no such function. */
int pci_device_read(struct pci_device *pci, const char *bdf);

/* Lines of start, end and flags, as in the file "resource"; what is no number ends them. */
void pci_bars_parse(struct pci_bar bars[static PCI_BARS], const char *text);

/* All functions whose address is in a folder of sysfs; 0, or why it could not be read. */
int pci_devices_read(struct pci_devices *list, const char *folder);
void pci_devices_free(struct pci_devices *list);

#endif /* PCI_DEVICE_H */
