/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who has a device open.
 */
#ifndef USERS_H
#define USERS_H

#include "host/pci_device.h"

/**
 * struct user - a process that has a file of the device open
 * @pid: its number
 * @command: its name
 * @path: the file
 * @runs_guest: it has a virtual machine of KVM
 */
struct user {
	int pid;
	char command[32];
	char path[128];
	bool runs_guest;
};

/**
 * struct users - all that were found
 * @users: each process once
 * @count: how many
 * @hidden: processes whose open files could not be seen
 * @busy: VFIO says that somebody has the group open
 */
struct users {
	struct user *users;
	size_t count;
	size_t hidden;
	bool busy;
};

/* Looks at the open files of all processes, and asks VFIO. */
void users_find(struct users *users, const struct pci_device *pci);
void users_free(struct users *users);

#endif /* USERS_H */
