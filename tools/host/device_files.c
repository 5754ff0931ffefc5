// SPDX-License-Identifier: GPL-2.0-only
/*
 * The files by which GPUs can be opened, told by device number or inode.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/array.h"
#include "base/tree.h"
#include "host/device_files.h"

/* Documentation/admin-guide/devices.txt: /dev/nvidiaN. */
#define NVIDIA_MAJOR 195

/* "MAJOR:MINOR", as in the file "dev" in sysfs; 0 if it is none. */
static dev_t parse_number(const char *text)
{
	__u64 major, minor;

	text = text_scan(text, 10, &major);
	if (!text || *text != ':' || !text_scan(text + 1, 10, &minor))
		return 0;
	return makedev(major, minor);
}

static void add_file(struct device_files *list, const struct device_file *file)
{
	list->files = array_resize(list->files, list->count + 1, sizeof(*file));
	list->files[list->count++] = *file;
}

/* A character device, whose number sysfs has in a folder. */
static void add_device(struct device_files *list, size_t gpu, const char *prefix, const char *name,
		       const char *folder)
{
	struct device_file file = { .gpu = gpu };
	char number[32];

	if (!tree_line(number, sizeof(number), "%s/dev", folder))
		file.number = parse_number(number);
	snprintf(file.path, sizeof(file.path), "%s%.64s", prefix, name);
	add_file(list, &file);
}

/* Those named as what is in a folder of the GPU. */
static void add_devices(struct device_files *list, size_t gpu, const struct pci_device *pci,
			const char *prefix, const char *class)
{
	char folder[TREE_PATH_SIZE];
	struct tree_names names;

	tree_list(&names, PCI_DEVICE_FOLDER "%s/%s", pci->bdf, class);
	for (size_t i = 0; i < names.count; i++) {
		snprintf(folder, sizeof(folder), PCI_DEVICE_FOLDER "%s/%s/%s", pci->bdf, class,
			 names.names[i]);
		add_device(list, gpu, prefix, names.names[i], folder);
	}
	tree_names_free(&names);
}

static void add_group(struct device_files *list, size_t gpu, const struct pci_device *pci)
{
	char folder[64];

	if (!pci->is_vfio || !pci->group[0])
		return;
	snprintf(folder, sizeof(folder), "/sys/class/vfio/%s", pci->group);
	add_device(list, gpu, "/dev/vfio/", pci->group, folder);
}

static void add_nvidia(struct device_files *list, size_t gpu, const struct pci_device *pci)
{
	struct device_file file = { .gpu = gpu };
	char text[1024], value[16];
	__u64 minor;

	if (tree_read(text, sizeof(text), "/proc/driver/nvidia/gpus/%s/information", pci->bdf) <
		    0 ||
	    !text_field(text, "Device Minor:", value, sizeof(value)) || text_number(value, &minor))
		return;
	file.number = makedev(NVIDIA_MAJOR, minor);
	snprintf(file.path, sizeof(file.path), "/dev/nvidia%llu", minor);
	add_file(list, &file);
}

static void add_bars(struct device_files *list, size_t gpu, const struct pci_device *pci)
{
	static const char * const suffixes[] = { "", "_wc" };
	struct device_file file = { .gpu = gpu };
	char target[96];
	const char *folder = target;
	struct stat stat;

	/* Where the GPU's folder really is, as /proc would name it. */
	tree_link(target, sizeof(target), PCI_DEVICE_FOLDER "%s", pci->bdf);
	while (!strncmp(folder, "../", 3))
		folder += 3;
	for (size_t i = 0; i < PCI_BARS * ARRAY_SIZE(suffixes); i++) {
		const char *suffix = suffixes[i / PCI_BARS];
		int bar = i % PCI_BARS;
		int fd = tree_open(O_PATH, PCI_DEVICE_FOLDER "%s/resource%d%s", pci->bdf, bar,
				   suffix);

		file.dev = 0;
		file.ino = 0;
		snprintf(file.path, sizeof(file.path), "/sys/%s/resource%d%s", folder, bar,
			 suffix);
		if (fd >= 0 && !fstat(fd, &stat)) {
			file.dev = stat.st_dev;
			file.ino = stat.st_ino;
		}
		add_file(list, &file);
		if (fd >= 0)
			close(fd);
	}
}

void device_files_find(struct device_files *list, const struct gpus *gpus)
{
	*list = (struct device_files){};
	for (size_t i = 0; i < gpus->count; i++) {
		const struct pci_device *pci = &gpus->gpus[i].pci;

		add_group(list, i, pci);
		add_devices(list, i, pci, "/dev/vfio/devices/", "vfio-dev");
		add_devices(list, i, pci, "/dev/dri/", "drm");
		add_nvidia(list, i, pci);
		add_bars(list, i, pci);
	}
}

void device_files_free(struct device_files *list)
{
	free(list->files);
	*list = (struct device_files){};
}

/* Nothing but what the kernel knows already: a server that is gone is not waited for. */
static int opened_live(struct device_file *opened, int folder, const char *name)
{
	struct statx stat;

	if (statx(folder, name, AT_STATX_DONT_SYNC, STATX_TYPE | STATX_INO, &stat))
		return -errno;
	if (S_ISCHR(stat.stx_mode)) {
		opened->number = makedev(stat.stx_rdev_major, stat.stx_rdev_minor);
	} else {
		opened->dev = makedev(stat.stx_dev_major, stat.stx_dev_minor);
		opened->ino = stat.stx_ino;
	}
	return 0;
}

/* There the entry is a link, and a device may be a text file with its number. */
static int opened_recorded(struct device_file *opened, int folder, const char *name)
{
	ssize_t length = readlinkat(folder, name, opened->path, sizeof(opened->path) - 1);
	char number[32];
	struct stat stat;
	int fd, ret;

	if (length < 0)
		return -errno;
	opened->path[length] = 0;
	/* Most are about other things. */
	if (strncmp(opened->path, "/dev/", 5) && strncmp(opened->path, "/sys/", 5))
		return -ENODEV;
	fd = tree_open(O_PATH, "%s", opened->path);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	ret = fstat(fd, &stat) ? -errno : 0;
	close(fd);
	if (ret)
		return ret;
	if (S_ISCHR(stat.st_mode))
		opened->number = stat.st_rdev;
	else if (!tree_line(number, sizeof(number), "%s", opened->path))
		opened->number = parse_number(number);
	opened->dev = opened->number ? 0 : stat.st_dev;
	opened->ino = opened->number ? 0 : stat.st_ino;
	return 0;
}

int device_file_opened(struct device_file *opened, int folder, const char *name)
{
	*opened = (struct device_file){};
	return tree_is_live() ? opened_live(opened, folder, name) :
				opened_recorded(opened, folder, name);
}

bool device_file_is(const struct device_file *file, const struct device_file *opened)
{
	if (opened->number)
		return file->number == opened->number;
	if (opened->ino)
		return !file->number && file->ino == opened->ino && file->dev == opened->dev;
	return opened->path[0] && !strcmp(file->path, opened->path);
}
