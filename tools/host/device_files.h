/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The files by which GPUs can be opened.
 */
#ifndef DEVICE_FILES_H
#define DEVICE_FILES_H

#include <sys/types.h>

#include "host/gpu.h"

/**
 * struct device_file - a file of a GPU
 * @gpu: which of those that were asked for
 * @path: its usual name
 * @number: of a character device, 0 for a file of sysfs
 * @dev: of a file of sysfs, the file system
 * @ino: and its number there
 */
struct device_file {
	size_t gpu;
	char path[160];
	dev_t number;
	dev_t dev;
	ino_t ino;
};

struct device_files {
	struct device_file *files;
	size_t count;
};

/* VFIO's group and device, DRM's, nvidia's, and the BARs in sysfs. */
void device_files_find(struct device_files *list, const struct gpus *gpus);
void device_files_free(struct device_files *list);

/**
 * device_file_opened() - what an entry of /proc/PID/fd is, as far as that tells files apart
 * @opened: number, or dev and ino; in a recorded tree where the file is missing, the path
 * @folder: file descriptor of /proc/PID/fd
 * @name: the entry
 *
 * A file is told by its number: anyone can have one of the same name.  The file itself is
 * neither opened nor waited for.
 *
 * Return: 0, or a negative errno number.
 */
int device_file_opened(struct device_file *opened, int folder, const char *name);

/* Whether what was opened is this file. */
bool device_file_is(const struct device_file *file, const struct device_file *opened);

#endif /* DEVICE_FILES_H */
