// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who has a GPU open: /proc/PID/fd of every process.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/tree.h"
#include "host/device_files.h"
#include "host/service.h"
#include "host/users.h"

/**
 * struct search - what is looked for, and what was found
 * @gpus: how many there are
 * @files: their files
 * @users: of each
 * @hidden: processes whose files could not be seen
 */
struct search {
	size_t gpus;
	struct device_files files;
	struct users *users;
	size_t hidden;
};

/* No bound on what is in it: there can be more processes or files than in any other folder. */
static DIR *open_folder(int fd, int *error)
{
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);

	*error = fd < 0 ? fd : folder ? 0 : -errno;
	if (!folder && fd >= 0)
		close(fd);
	return folder;
}

/* The last one is of this process, if any is: they come one process after another. */
static struct user *user_of(struct users *users, int pid)
{
	struct user *last = users->count ? &users->users[users->count - 1] : NULL;

	return last && last->pid == pid ? last : NULL;
}

static void add_user(struct users *users, int pid, const char *path)
{
	struct user user = { .pid = pid };

	if (user_of(users, pid))
		return;
	tree_line(user.command, sizeof(user.command), "/proc/%d/comm", pid);
	user.in_container =
		service_of(pid, user.command, user.service, sizeof(user.service));
	text_put(user.path, sizeof(user.path), path);
	users->users = array_resize(users->users, users->count + 1, sizeof(user));
	users->users[users->count++] = user;
}

/* Whether it is a file of one of the GPUs, or of several, as a group may be. */
static bool look_at_file(struct search *search, int pid, const struct device_file *opened)
{
	bool found = false;

	for (size_t i = 0; i < search->files.count; i++) {
		const struct device_file *file = &search->files.files[i];

		if (!device_file_is(file, opened))
			continue;
		add_user(&search->users[file->gpu], pid, file->path);
		found = true;
	}
	return found;
}

/* No path looks like that. */
static bool runs_guest(DIR *folder)
{
	struct dirent *entry;
	char target[32];
	ssize_t length;

	rewinddir(folder);
	while ((entry = readdir(folder))) {
		length = readlinkat(dirfd(folder), entry->d_name, target, sizeof(target) - 1);
		if (length < 0)
			continue;
		target[length] = 0;
		if (!strcmp(target, "anon_inode:kvm-vm"))
			return true;
	}
	return false;
}

static void mark_guest(struct search *search, int pid)
{
	for (size_t i = 0; i < search->gpus; i++) {
		struct user *user = user_of(&search->users[i], pid);

		if (user)
			user->runs_guest = true;
	}
}

static void look_at_process(struct search *search, int pid)
{
	bool found = false, hidden = false;
	struct device_file opened;
	struct dirent *entry;
	int error;
	DIR *folder =
		open_folder(tree_open(O_RDONLY | O_DIRECTORY, "/proc/%d/fd", pid), &error);

	if (!folder) {
		/* A process that has ended meanwhile has nothing open. */
		search->hidden += error != -ENOENT && error != -ESRCH;
		return;
	}
	while ((entry = readdir(folder))) {
		if (entry->d_name[0] == '.')
			continue;
		error = device_file_opened(&opened, dirfd(folder), entry->d_name);
		if (!error)
			found |= look_at_file(search, pid, &opened);
		hidden |= error == -EACCES || error == -EPERM;
	}
	search->hidden += hidden;
	if (found && runs_guest(folder))
		mark_guest(search, pid);
	closedir(folder);
}

static int compare_users(const void *a, const void *b)
{
	int first = ((const struct user *)a)->pid, second = ((const struct user *)b)->pid;

	return (first > second) - (first < second);
}

static void look_at_processes(struct search *search)
{
	struct dirent *entry;
	__u64 pid;
	int error;
	DIR *folder = open_folder(tree_open(O_RDONLY | O_DIRECTORY, "/proc"), &error);

	if (!folder)
		return;
	while ((entry = readdir(folder))) {
		if (entry->d_name[strspn(entry->d_name, "0123456789")] == 0 &&
		    !text_number(entry->d_name, &pid) && pid <= INT_MAX)
			look_at_process(search, pid);
	}
	closedir(folder);
}

struct users *users_find(const struct gpus *gpus)
{
	struct search search = { .gpus = gpus->count };

	search.users = array_resize(NULL, gpus->count + 1, sizeof(*search.users));
	memset(search.users, 0, (gpus->count + 1) * sizeof(*search.users));
	device_files_find(&search.files, gpus);
	if (gpus->count)
		look_at_processes(&search);
	device_files_free(&search.files);
	for (size_t i = 0; i < gpus->count; i++) {
		struct users *users = &search.users[i];

		users->hidden = search.hidden;
		if (users->count)
			qsort(users->users, users->count, sizeof(*users->users), compare_users);
	}
	return search.users;
}

void users_free(struct users *users, size_t gpus)
{
	for (size_t i = 0; i < gpus; i++)
		free(users[i].users);
	free(users);
}

bool users_group_is_busy(const struct pci_device *pci)
{
	int fd;

	if (!tree_is_live() || !pci->is_vfio || !pci->group[0])
		return false;
	fd = tree_open(O_RDWR, "/dev/vfio/%s", pci->group);
	if (fd >= 0)
		close(fd);
	return fd == -EBUSY;
}
