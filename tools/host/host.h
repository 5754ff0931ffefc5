/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine and its kernel.
 */
#ifndef HOST_H
#define HOST_H

#include <stdbool.h>

#include <linux/types.h>

#include "host/distribution.h"

/**
 * struct host - the machine and its kernel
 * @arch: its architecture, empty if not known
 * @release: of the kernel that runs, empty if not known
 * @next_release: of the kernel that boots next; may be the same; empty if not known
 * @next_entry: what the boot loader has as default, empty if it has none
 * @machine: what its maker calls it, empty if not known
 * @page_size: the kernel's, in bytes, 0 if not known
 * @distribution: what it runs
 * @is_virtual: it is a virtual machine
 * @can_lock: this process may lock any amount of memory
 */
struct host {
	char arch[32];
	char release[96];
	char next_release[96];
	char next_entry[128];
	char machine[96];
	__u64 page_size;
	struct distribution distribution;
	bool is_virtual;
	bool can_lock;
};

void host_read(struct host *host);

/* Whether an option of the kernel's configuration is y or m: 1, 0, or -1 if that is not known. */
int host_config(const struct host *host, const char *option);

#endif /* HOST_H */
