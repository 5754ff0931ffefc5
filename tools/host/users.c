// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who has a device open: /proc/PID/fd of every process, and the answer of VFIO, which
 * knows also of processes that cannot be seen from here.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/tree.h"
#include "host/users.h"

/**
 * struct files - the device's files in /dev
 * @paths: their paths
 * @count: how many
 */
struct files {
	char paths[16][64];
	size_t count;
};

static void add_file(struct files *files, const char *prefix, const char *name)
{
	if (files->count < ARRAY_SIZE(files->paths))
		snprintf(files->paths[files->count++], sizeof(files->paths[0]), "%s%.40s", prefix,
			 name);
}

/* Those named as what is in a folder of the device. */
static void add_files(struct files *files, const char *prefix, const struct pci_device *pci,
		      const char *folder)
{
	struct tree_names names;

	tree_list(&names, PCI_DEVICE_FOLDER "%s/%s", pci->bdf, folder);
	for (size_t i = 0; i < names.count; i++)
		add_file(files, prefix, names.names[i]);
	tree_names_free(&names);
}

static void find_files(struct files *files, const struct pci_device *pci)
{
	char text[1024], minor[16];

	*files = (struct files){};
	if (pci->is_vfio && pci->group[0])
		add_file(files, "/dev/vfio/", pci->group);
	add_files(files, "/dev/vfio/devices/", pci, "vfio-dev");
	add_files(files, "/dev/dri/", pci, "drm");
	if (tree_read(text, sizeof(text), "/proc/driver/nvidia/gpus/%s/information", pci->bdf) >=
		    0 &&
	    text_field(text, "Device Minor:", minor, sizeof(minor)))
		add_file(files, "/dev/nvidia", minor);
}

static bool is_of_device(const char *target, const struct files *files, const char *resource)
{
	const char *name = strstr(target, resource);

	for (size_t i = 0; i < files->count; i++) {
		if (!strcmp(target, files->paths[i]))
			return true;
	}
	return name && !strchr(name + strlen(resource), '/');
}

static void add_user(struct users *users, const char *pid, const char *path, bool runs_guest)
{
	struct user user = { .runs_guest = runs_guest };
	__u64 number;

	text_scan(pid, 10, &number);
	user.pid = number;
	tree_line(user.command, sizeof(user.command), "/proc/%s/comm", pid);
	text_put(user.path, sizeof(user.path), path);
	users->users = array_resize(users->users, users->count + 1, sizeof(user));
	users->users[users->count++] = user;
}

static void look_at_process(struct users *users, const char *pid, const struct files *files,
			    const char *resource)
{
	struct tree_names fds;
	char target[PATH_MAX], path[PATH_MAX] = "";
	bool runs_guest = false;
	int ret = tree_list(&fds, "/proc/%s/fd", pid);

	/* A process that has ended meanwhile has nothing open. */
	if (ret && ret != -ENOENT && ret != -ESRCH)
		users->hidden++;
	for (size_t i = 0; i < fds.count; i++) {
		if (tree_link(target, sizeof(target), "/proc/%s/fd/%s", pid, fds.names[i]))
			continue;
		runs_guest |= !strcmp(target, "anon_inode:kvm-vm");
		if (!path[0] && is_of_device(target, files, resource))
			text_put(path, sizeof(path), target);
	}
	if (path[0])
		add_user(users, pid, path, runs_guest);
	tree_names_free(&fds);
}

/* A group can be open once.  Opening it here does nothing to the device. */
static bool group_is_busy(const struct pci_device *pci)
{
	int fd;

	if (!tree_is_live() || !pci->is_vfio || !pci->group[0])
		return false;
	fd = tree_open(O_RDWR, "/dev/vfio/%s", pci->group);
	if (fd >= 0)
		close(fd);
	return fd == -EBUSY;
}

void users_find(struct users *users, const struct pci_device *pci)
{
	struct tree_names processes;
	struct files files;
	char resource[64];

	*users = (struct users){};
	find_files(&files, pci);
	snprintf(resource, sizeof(resource), "/%s/resource", pci->bdf);
	tree_list(&processes, "/proc");
	for (size_t i = 0; i < processes.count; i++) {
		const char *pid = processes.names[i];

		if (strspn(pid, "0123456789") == strlen(pid))
			look_at_process(users, pid, &files, resource);
	}
	tree_names_free(&processes);
	users->busy = users->count || group_is_busy(pci);
}

void users_free(struct users *users)
{
	free(users->users);
	*users = (struct users){};
}
