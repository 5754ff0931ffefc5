/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernel modules.
 */
#ifndef MODULE_H
#define MODULE_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct module - a module that a kernel has
 * @path: its file, as it is on the host; empty if it is built in
 * @version: its version, empty if it has none
 * @kernel: release of the kernel that it was built for, empty if it does not tell
 * @signer: name of the key that signed it, empty if it is not signed
 * @came_with_kernel: it is part of the kernel's own package
 */
struct module {
	char path[256];
	char version[32];
	char kernel[64];
	char signer[128];
	bool came_with_kernel;
};

/*
 * The one that modprobe would take: 0, -ENOENT if the kernel has none of that name,
 * or another error if its modules cannot be looked at.
 */
int module_find(struct module *module, const char *release, const char *name);

/* The kernel has modules, but no whole list of them, as depmod makes it. */
bool module_list_is_lost(const char *release);

/* The file of one that is beside the kernel's own, and in no list: whether there is one. */
bool module_find_unlisted(const char *release, const char *name, char *path, size_t size);

/* Version of the driver's package, by the source that it brings: whether it is installed. */
bool module_package_version(char *version, size_t size);

bool module_is_loaded(const char *name);

/* Loads it into the kernel of this machine, as modprobe does: 0, or a negative errno number. */
int module_load(const char *name);

#endif /* MODULE_H */
