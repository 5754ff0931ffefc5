/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * GPUs that something on the host names, and that are not on a PCI bus.
 */
#ifndef ABSENT_H
#define ABSENT_H

#include <stdbool.h>

#include "host/pci_device.h"

/**
 * struct absent - such a GPU
 * @bdf: its address
 * @was_seen: the kernel had it since it was started
 * @file: the rule or setting that names it; empty: only the kernel's log does
 */
struct absent {
	char bdf[TEXT_BDF_SIZE];
	bool was_seen;
	char file[128];
};

struct absents {
	struct absent *gpus;
	size_t count;
};

/* What names it, for display. */
const char *absent_named_by(const struct absent *absent);

/* By the kernel's log, rules of udev that are for this driver, and driverctl. */
void absents_read(struct absents *list, const char *log);
void absents_free(struct absents *list);

#endif /* ABSENT_H */
