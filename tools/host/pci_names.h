/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of PCI functions.
 */
#ifndef PCI_NAMES_H
#define PCI_NAMES_H

#include <stddef.h>

#include <linux/types.h>

/* The database of PCI ids, from malloc(); empty if there is none. */
char *pci_names_read(void);

/*
 * Names of vendor and device, fit for display; what is not in the database is written as
 * lspci does.
 */
const char *pci_name(const char *names, __u32 vendor, __u32 device, char *buffer, size_t size);

#endif /* PCI_NAMES_H */
