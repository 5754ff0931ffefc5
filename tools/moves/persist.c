// SPDX-License-Identifier: GPL-2.0-only
/*
 * What udev does with GPUs at boot.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/file.h"
#include "base/program.h"
#include "base/tree.h"
#include "host/distribution.h"
#include "moves/persist.h"

/* Read behind 60-nvgrace-gpu.rules, the administrator's, and before 65-, the package's. */
#define RULES "/etc/udev/rules.d/61-nvgrace-gpu-%s.rules"

/* A file of rules is short; this is no limit. */
#define RULES_MAX 0x100000

#define RELOAD "udevadm control --reload"

static char *rules_path(const struct gpu *gpu)
{
	return text_format(RULES, gpu->pci.bdf);
}

static char *rules_text(const struct gpu *gpu, bool binds)
{
	return text_format("# Written by nvgrace-gpu %s --persist, which writes it anew.\n"
			   "SUBSYSTEM==\"pci\", KERNEL==\"%s\", ENV{NVGRACE_GPU_BIND}=\"%s\"\n",
			   binds ? "bind" : "unbind", gpu->pci.bdf, binds ? "yes" : "no");
}

static int write_one(const struct gpu *gpu, bool binds, char **before)
{
	char *path = rules_path(gpu);
	char *text = rules_text(gpu, binds);
	long length = tree_read_all(before, RULES_MAX, "%s", path);
	int ret;

	if (length < 0 && length != -ENOENT)
		ret = length;
	else
		ret = tree_is_live() ? file_replace(path, text, strlen(text)) : -EROFS;
	if (ret)
		fprintf(stderr, "%s: %s cannot be written: %s\n", gpu->pci.bdf, path,
			ret == -EEXIST ? "something is there that is not a file" : strerror(-ret));
	if (length < 0 || ret) {
		free(*before);
		*before = NULL;
	}
	free(text);
	free(path);
	return ret;
}

int persist_write(struct persist *persist, const struct gpus *gpus, bool binds)
{
	*persist = (struct persist){
		.gpus = gpus, .before = array_resize(NULL, gpus->count, sizeof(*persist->before)),
	};
	while (persist->count < gpus->count) {
		if (write_one(&gpus->gpus[persist->count], binds,
			      &persist->before[persist->count])) {
			persist_undo(persist);
			return -1;
		}
		persist->count++;
	}
	return 0;
}

void persist_undo(struct persist *persist)
{
	while (persist->count) {
		char **before = &persist->before[--persist->count];
		char *path = rules_path(&persist->gpus->gpus[persist->count]);
		int ret;

		if (*before)
			ret = file_replace(path, *before, strlen(*before));
		else
			ret = unlink(path) ? -errno : 0;
		if (ret)
			fprintf(stderr, "nvgrace-gpu: %s could not be made as it was: %s\n", path,
				strerror(-ret));
		free(*before);
		free(path);
	}
}

/* Runs a command that somebody else can run later; 0 or 1. */
static int run_command(const char *command, const char *what)
{
	int ret = program_run(command);

	if (!ret)
		return 0;
	fprintf(stderr, "nvgrace-gpu: %s: %s; when that is mended, run: %s\n", what,
		ret == -EIO ? "see above" : strerror(-ret), command);
	return 1;
}

/* The GPUs' events, so that what udev knows of them is what it does at boot. */
static int tell_udev(const struct gpus *gpus)
{
	char *command = text_copy("udevadm trigger --action=change --settle");
	int ret;

	for (size_t i = 0; i < gpus->count; i++) {
		char *longer = text_format("%s " PCI_DEVICE_FOLDER "%s", command,
					   gpus->gpus[i].pci.bdf);

		free(command);
		command = longer;
	}
	ret = run_command(RELOAD, "udev cannot be told before the next boot") ||
	      run_command(command, "udev cannot be told before the next boot");
	free(command);
	return ret;
}

static const char *initramfs_command(void)
{
	struct distribution distribution;

	distribution_read(&distribution);
	return distribution_initramfs(&distribution);
}

static int make_initramfs(void)
{
	const char *command = initramfs_command();

	if (!command) {
		fputs("nvgrace-gpu: if this machine boots with an initramfs, make that anew: no program that does is known here\n",
		      stderr);
		return 0;
	}
	fprintf(stderr, "nvgrace-gpu: %s, which takes a while\n", command);
	return run_command(command, "the initramfs could not be made anew");
}

int persist_tell(const struct persist *persist, bool binds)
{
	int ret;

	for (size_t i = 0; i < persist->count; i++) {
		char *path = rules_path(&persist->gpus->gpus[i]);

		printf("%s: %s at every boot, by %s\n", persist->gpus->gpus[i].pci.bdf,
		       binds ? "bound" : "left alone", path);
		free(path);
	}
	fflush(stdout);
	ret = tell_udev(persist->gpus);
	return make_initramfs() || ret;
}

void persist_would(const struct gpus *gpus, bool binds)
{
	const char *command = initramfs_command();

	for (size_t i = 0; i < gpus->count; i++) {
		char *path = rules_path(&gpus->gpus[i]);

		printf("%s: would be %s at every boot, by %s\n", gpus->gpus[i].pci.bdf,
		       binds ? "bound" : "left alone", path);
		free(path);
	}
	if (gpus->count && command)
		printf("initramfs: %s would be run\n", command);
}

void persist_free(struct persist *persist)
{
	for (size_t i = 0; i < persist->count; i++)
		free(persist->before[i]);
	free(persist->before);
}
