/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The distribution: how things are called there, and how they are done.
 */
#ifndef DISTRIBUTION_H
#define DISTRIBUTION_H

#include <stdbool.h>

#include "base/text.h"

struct distribution;

/**
 * struct distribution_facts - what is alike in a family of distributions
 * @ids: ID, or one of ID_LIKE, in os-release: each between spaces
 * @install: the command that packages are put behind; NULL if it is not known
 * @after_install: what makes them usable then, with a newline before; NULL for nothing
 * @reinstall: the same for one that is installed, but whose files are not as they were
 * @headers: the package of a kernel's headers, as it is written in a command
 * @modules: the package that has the driver's module for a kernel, built elsewhere
 * @newer_kernel: commands for a kernel that is newer or has larger pages
 * @upgrade: the command that a package is put behind to have its newest version
 * @qemu: packages of QEMU and of firmware for guests
 * @qemu_program: the program
 * @firmware: files of firmware, the first that is there counts
 * @boot_loader: writes the boot loader's configuration anew; NULL where that is grubby's
 * @initramfs: makes the initramfs of all kernels anew
 * @flavour_order: its update-grub heeds GRUB_FLAVOUR_ORDER
 */
struct distribution_facts {
	const char *ids;
	const char *install;
	const char *after_install;
	const char *reinstall;
	char *(*headers)(const char *release);
	char *(*modules)(const char *release);
	char *(*newer_kernel)(const struct distribution *distribution, const char *release,
			      bool for_pages);
	const char *upgrade;
	const char *qemu;
	const char *qemu_program;
	const char *firmware[3];
	const char *boot_loader;
	const char *initramfs;
	bool flavour_order;
};

/**
 * struct distribution - the one of this host
 * @facts: those of its family; of an unknown one there are few
 * @derived: it is like one of that family, and its versions are its own
 * @id: ID
 * @version: VERSION_ID, empty if it has none
 * @codename: VERSION_CODENAME, empty if it has none
 */
struct distribution {
	const struct distribution_facts *facts;
	bool derived;
	char id[32];
	char version[32];
	char codename[32];
};

/* The facts of the family of that ID; NULL if it is not known. */
const struct distribution_facts *distribution_facts_find(const char *id);
extern const struct distribution_facts distribution_facts_unknown;

/* From os-release(5). */
void distribution_read(struct distribution *distribution);

/*
 * What follows are commands from malloc(), one a line: those of this distribution, or, where
 * it is not known, a comment that says what to do.
 */

/* Installs packages; in words they are @what. */
char *distribution_install(const struct distribution *distribution, const char *packages,
			   const char *what);

/* Installs what modules of a kernel are built with, and another package, which may be NULL. */
char *distribution_install_headers(const struct distribution *distribution, const char *release,
				   const char *package);

/* Installs the driver's module for a kernel, or puts it back, where it comes built. */
char *distribution_install_module(const struct distribution *distribution, const char *release);

/* The newest QEMU that there is. */
char *distribution_upgrade_qemu(const struct distribution *distribution);

/* A kernel with cacheable device memory in guests, or, for pages, one with larger ones. */
char *distribution_newer_kernel(const struct distribution *distribution, const char *release,
				bool for_pages);

/*
 * Puts another word, which may be NULL, in the place of one on the kernel's command line.  Both
 * have nothing in them that a shell or sed knows.
 */
char *distribution_command_line(const struct distribution *distribution, const char *old,
				const char *new);

/* The command that makes the initramfs of all kernels anew; NULL if there is no program for it. */
const char *distribution_initramfs(const struct distribution *distribution);

/* Firmware for guests that is installed; NULL if there is none. */
const char *distribution_firmware(const struct distribution *distribution);

#endif /* DISTRIBUTION_H */
