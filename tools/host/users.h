/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who has a GPU open.
 */
#ifndef USERS_H
#define USERS_H

#include "host/gpu.h"

/**
 * struct user - a process that has a file of the GPU open
 * @pid: its number
 * @command: its name
 * @path: the file
 * @service: the service of systemd's that it is, empty if it is none
 * @in_container: it is in a container
 * @runs_guest: it has a virtual machine of KVM
 */
struct user {
	int pid;
	char command[32];
	char path[160];
	char service[64];
	bool in_container;
	bool runs_guest;
};

/**
 * struct users - those of one GPU
 * @users: each process once, by number
 * @count: how many
 * @hidden: processes whose open files could not be seen: any of them may have it open
 */
struct users {
	struct user *users;
	size_t count;
	size_t hidden;
};

/* Looks once at the open files of all processes: users of each GPU, from malloc(). */
struct users *users_find(const struct gpus *gpus);
void users_free(struct users *users, size_t gpus);

/*
 * Whether VFIO says that somebody has the group open, who may be where no process can be
 * seen from here.  It takes opening it, which keeps everybody else out meanwhile: only for
 * who is about to take the GPU away.
 */
bool users_group_is_busy(const struct pci_device *pci);

#endif /* USERS_H */
