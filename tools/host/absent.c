// SPDX-License-Identifier: GPL-2.0-only
/*
 * GPUs that something on the host names, and that are not on a PCI bus.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/tree.h"
#include "host/absent.h"
#include "host/gpu.h"
#include "host/kernel_log.h"

/* The entry of an address that is not there; NULL for what is, or is no address. */
static struct absent *find_absent(struct absents *list, const char *name)
{
	struct absent new = {};

	if (text_bdf(name, new.bdf) || tree_exists(PCI_DEVICE_FOLDER "%s", new.bdf))
		return NULL;
	for (size_t i = 0; i < list->count; i++) {
		if (!strcmp(list->gpus[i].bdf, new.bdf))
			return &list->gpus[i];
	}
	list->gpus = array_resize(list->gpus, list->count + 1, sizeof(new));
	list->gpus[list->count] = new;
	return &list->gpus[list->count++];
}

/* "[10de:2342] type 00 class 0x030200": what the PCI core says when it finds one. */
static bool is_found(const char *text)
{
	__u64 vendor, device;

	text = *text == '[' ? text_scan(text + 1, 16, &vendor) : NULL;
	text = text && *text == ':' ? text_scan(text + 1, 16, &device) : NULL;
	return text && *text == ']' && gpu_is_known(vendor, device);
}

/* "pci BDF: [...", or what the driver says of one; a bridge or another function is none. */
static void read_log(struct absents *list, const char *log)
{
	struct kernel_log_record record;
	char message[256];

	while (kernel_log_next(&log, "", message, sizeof(message), &record)) {
		bool of_driver = !strncmp(message, GPU_DRIVER " ", strlen(GPU_DRIVER " "));
		char *name = message + strcspn(message, " ");
		char *text = *name ? strstr(++name, ": ") : NULL;
		struct absent *absent;

		if (!text)
			continue;
		*text = 0;
		if (!of_driver && (strncmp(message, "pci ", 4) || !is_found(text + 2)))
			continue;
		absent = find_absent(list, name);
		if (absent)
			absent->was_seen = true;
	}
}

const char *absent_named_by(const struct absent *absent)
{
	return absent->was_seen ? "the kernel's log of this boot" : absent->file;
}

static void add_named(struct absents *list, const char *name, const char *file)
{
	struct absent *absent = find_absent(list, name);

	if (absent && !absent->file[0]) {
		text_put(absent->file, sizeof(absent->file), file);
		text_clean(absent->file);
	}
}

/* Lines of KERNEL=="BDF" and NVGRACE_GPU_BIND: those with patterns name no GPU. */
static void read_rules(struct absents *list, const char *file)
{
	static const char key[] = "KERNEL==\"";
	char *text, *line, *rest;

	tree_read_all(&text, 1 << 20, "%s", file);
	for (line = text ? strtok_r(text, "\n", &rest) : NULL; line;
	     line = strtok_r(NULL, "\n", &rest)) {
		char *name = strstr(line, key);
		char *end = name ? strchr(name + strlen(key), '"') : NULL;

		line += strspn(line, " \t");
		if (*line == '#' || !end || !strstr(line, "NVGRACE_GPU_BIND"))
			continue;
		*end = 0;
		add_named(list, name + strlen(key), file);
	}
	free(text);
}

void absents_read(struct absents *list, const char *log)
{
	struct tree_names names;
	char driver[64];

	*list = (struct absents){};
	read_log(list, log);
	tree_list(&names, "/etc/udev/rules.d");
	for (size_t i = 0; i < names.count; i++) {
		char *file = text_format("/etc/udev/rules.d/%s", names.names[i]);

		if (strstr(names.names[i], "nvgrace-gpu") && strstr(names.names[i], ".rules"))
			read_rules(list, file);
		free(file);
	}
	tree_names_free(&names);
	tree_list(&names, "/etc/driverctl.d");
	for (size_t i = 0; i < names.count; i++) {
		char *file = text_format("/etc/driverctl.d/%s", names.names[i]);

		if (!strncmp(names.names[i], "pci-", 4) &&
		    !tree_line(driver, sizeof(driver), "%s", file) && !strcmp(driver, GPU_DRIVER))
			add_named(list, names.names[i] + 4, file);
		free(file);
	}
	tree_names_free(&names);
}

void absents_free(struct absents *list)
{
	free(list->gpus);
	*list = (struct absents){};
}
