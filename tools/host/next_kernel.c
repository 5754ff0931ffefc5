// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel that boots next.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/tree.h"
#include "host/next_kernel.h"

/* https://uapi-group.org/specifications/specs/boot_loader_interface */
#define LOADER_VENDOR "4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"

static bool read_field(char *value, size_t size, const char *file, const char *name)
{
	char field[256];
	char *text;
	bool found;

	found = tree_read_all(&text, 1 << 16, "%s", file) > 0 &&
		text_field(text, name, field, sizeof(field));
	free(text);
	if (found)
		text_put(value, size, field);
	return found;
}

/* GRUB's default: the last of its files that says so counts, as update-grub reads them. */
static bool read_grub_default(char *entry, size_t size)
{
	bool found = read_field(entry, size, "/etc/default/grub", "GRUB_DEFAULT=");
	struct tree_names names;

	tree_list(&names, "/etc/default/grub.d");
	for (size_t i = 0; i < names.count; i++) {
		const char *suffix = strrchr(names.names[i], '.');
		char *file = text_format("/etc/default/grub.d/%s", names.names[i]);

		if (suffix && !strcmp(suffix, ".cfg"))
			found |= read_field(entry, size, file, "GRUB_DEFAULT=");
		free(file);
	}
	tree_names_free(&names);
	return found;
}

/* A variable of GRUB's environment; whether it is there and not empty. */
static bool read_grub_variable(char *entry, size_t size, const char *name)
{
	return (read_field(entry, size, "/boot/grub2/grubenv", name) ||
		read_field(entry, size, "/boot/grub/grubenv", name)) &&
	       entry[0];
}

/* A variable of systemd-boot's: 4 bytes of attributes, then text of 16 bits a character. */
static bool read_loader_variable(char *entry, size_t size, const char *name)
{
	char raw[512];
	long length = tree_read(raw, sizeof(raw), "/sys/firmware/efi/efivars/%s-" LOADER_VENDOR,
				name);
	size_t count = 0;

	for (long i = 4; i + 1 < length && count < size - 1 && raw[i]; i += 2)
		entry[count++] = raw[i];
	entry[count] = 0;
	return count;
}

/*
 * What is the default, in words that have the kernel's release in them: what is chosen for the
 * next boot alone (grub-reboot, bootctl set-oneshot), else GRUB's default, or the entry that it
 * has saved, which grubby sets, or that of systemd-boot.
 */
static void read_default(char *entry, size_t size)
{
	if (read_grub_variable(entry, size, "next_entry=") ||
	    read_loader_variable(entry, size, "LoaderEntryOneShot"))
		return;
	entry[0] = 0;
	if (read_grub_default(entry, size)) {
		if (strstr(entry, "saved") && !read_grub_variable(entry, size, "saved_entry="))
			entry[0] = 0;
		return;
	}
	if (!read_loader_variable(entry, size, "LoaderEntryDefault") &&
	    !read_field(entry, size, "/boot/loader/loader.conf", "default"))
		read_field(entry, size, "/efi/loader/loader.conf", "default");
}

/* Kernels have a folder of modules; what a removed one leaves behind does not count. */
char *next_kernel(void)
{
	const char *newest = NULL, *named = NULL;
	struct tree_names names;
	char entry[256];
	char *next;

	read_default(entry, sizeof(entry));
	tree_list(&names, "/lib/modules");
	for (size_t i = 0; i < names.count; i++) {
		const char *name = names.names[i];

		if (!tree_exists("/lib/modules/%s/kernel", name))
			continue;
		if (!newest || strverscmp(name, newest) > 0)
			newest = name;
		/* One release may be the start of another: the longest is meant. */
		if (strstr(entry, name) && (!named || strlen(name) > strlen(named)))
			named = name;
	}
	if (!named)
		named = newest;
	next = named ? text_copy(named) : NULL;
	tree_names_free(&names);
	return next;
}
