// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel that boots next.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"
#include "base/tree.h"
#include "host/grub_menu.h"
#include "host/next_kernel.h"

/* https://uapi-group.org/specifications/specs/boot_loader_interface */
#define LOADER_VENDOR "4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"

/**
 * struct choice - what the boot loader is told to boot
 * @menu: GRUB's, from malloc(); NULL: it is another boot loader, or its menu cannot be read
 * @is_grub: it is GRUB
 * @entry: the entry; empty: it is told nothing
 */
struct choice {
	char *menu;
	bool is_grub;
	char entry[256];
};

/* The last line that begins with a name counts, as in a shell. */
static bool read_field(char *value, size_t size, const char *file, const char *name)
{
	char field[256];
	bool found = false;
	char *text;

	tree_read_all(&text, 1 << 16, "%s", file);
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, name, strlen(name)))
			found = text_field(line, name, field, sizeof(field));
	}
	free(text);
	if (found)
		text_put(value, size, field);
	return found;
}

/* Without quotes, and what follows the value. */
static void unquote(char *value)
{
	const char quote = *value;
	size_t length;

	if (quote == '"' || quote == '\'') {
		memmove(value, value + 1, strlen(value));
		length = strcspn(value, quote == '"' ? "\"" : "'");
	} else {
		length = strcspn(value, " \t");
	}
	value[length] = 0;
}

/* A setting of GRUB's: the last of its files that has it counts, as update-grub reads them. */
static bool read_grub_setting(char *value, size_t size, const char *name)
{
	bool found = read_field(value, size, "/etc/default/grub", name);
	struct tree_names names;

	tree_list(&names, "/etc/default/grub.d");
	for (size_t i = 0; i < names.count; i++) {
		const char *suffix = strrchr(names.names[i], '.');
		char *file = text_format("/etc/default/grub.d/%s", names.names[i]);

		if (suffix && !strcmp(suffix, ".cfg"))
			found |= read_field(value, size, file, name);
		free(file);
	}
	tree_names_free(&names);
	if (found)
		unquote(value);
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

/* Another boot loader may have left its files. */
static bool is_systemd_boot(void)
{
	char info[64];

	return read_loader_variable(info, sizeof(info), "LoaderInfo") &&
	       strstr(info, "systemd-boot");
}

static void read_menu(struct choice *choice)
{
	if (tree_read_all(&choice->menu, 1 << 20, "/boot/grub2/grub.cfg") > 0)
		return;
	free(choice->menu);
	if (tree_read_all(&choice->menu, 1 << 20, "/boot/grub/grub.cfg") > 0)
		return;
	free(choice->menu);
	choice->menu = NULL;
}

/*
 * GRUB's default is in its menu, which update-grub makes of the settings: they are what there is to
 * go by where the menu cannot be read.  Or it is the entry that it has saved, which grubby sets.
 */
static bool read_grub(struct choice *choice)
{
	const size_t size = sizeof(choice->entry);

	read_menu(choice);
	choice->is_grub = true;
	if (read_grub_variable(choice->entry, size, "next_entry="))
		return true;
	choice->entry[0] = 0;
	if (choice->menu)
		grub_menu_default(choice->menu, choice->entry, size);
	else if (!read_grub_setting(choice->entry, size, "GRUB_DEFAULT="))
		choice->is_grub = false;
	if (!strcmp(choice->entry, "saved") || !strcmp(choice->entry, "${saved_entry}")) {
		if (!read_grub_variable(choice->entry, size, "saved_entry="))
			text_put(choice->entry, size, "0");
	}
	return choice->is_grub;
}

/*
 * What is chosen for the next boot alone (grub-reboot, bootctl set-oneshot), else GRUB's default,
 * or that of systemd-boot.
 */
static void read_choice(struct choice *choice)
{
	const size_t size = sizeof(choice->entry);

	*choice = (struct choice){};
	if (read_loader_variable(choice->entry, size, "LoaderEntryOneShot"))
		return;
	if (!is_systemd_boot() && read_grub(choice))
		return;
	if (!read_loader_variable(choice->entry, size, "LoaderEntryDefault") &&
	    !read_field(choice->entry, size, "/boot/loader/loader.conf", "default"))
		read_field(choice->entry, size, "/efi/loader/loader.conf", "default");
}

/* Kernels have a folder of modules; what a removed one leaves behind does not count. */
static void list_kernels(struct tree_names *kernels)
{
	size_t count = 0;

	tree_list(kernels, "/lib/modules");
	for (size_t i = 0; i < kernels->count; i++) {
		char *name = kernels->names[i];

		if (tree_exists("/lib/modules/%s/kernel", name))
			kernels->names[count++] = name;
		else
			free(name);
	}
	kernels->count = count;
}

/* The newest, or the newest whose name ends so. */
static const char *newest_of(const struct tree_names *kernels, const char *flavour)
{
	const char *newest = NULL;

	for (size_t i = 0; i < kernels->count; i++) {
		const char *name = kernels->names[i];
		const char *end = strchr(name, '-');

		/* "6.8.0-50-generic" */
		end = end ? strchr(end + 1, '-') : NULL;
		if ((!flavour || (end && !strcmp(end + 1, flavour))) &&
		    (!newest || strverscmp(name, newest) > 0))
			newest = name;
	}
	return newest;
}

static const char *installed(const struct tree_names *kernels, const char *release)
{
	for (size_t i = 0; i < kernels->count; i++) {
		if (!strcmp(kernels->names[i], release))
			return kernels->names[i];
	}
	return NULL;
}

/* Whether what follows a release in the name of an entry is no part of it: another has more. */
static bool ends_release(const char *rest)
{
	static const char * const ends[] = { ".conf", "-advanced", "-recovery", ".efi" };

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		if (!strncmp(rest, ends[i], strlen(ends[i])))
			return true;
	}
	/* Tries that are left: "+3.conf", "+2-1.conf". */
	if (*rest == '+' && strspn(rest + 1, "0123456789-"))
		return ends_release(rest + 1 + strspn(rest + 1, "0123456789-"));
	return !isalnum((unsigned char)*rest) && (!*rest || !strchr("._+~-", *rest));
}

/* The kernel whose release is in the name of an entry. */
static const char *named_in(const struct tree_names *kernels, const char *entry)
{
	const char *named = NULL;

	for (size_t i = 0; i < kernels->count; i++) {
		const char *name = kernels->names[i];
		const char *found = entry;

		while ((found = strstr(found, name))) {
			bool begins = found == entry || !isalnum((unsigned char)found[-1]);

			found += strlen(name);
			if (begins && ends_release(found) &&
			    (!named || strlen(name) > strlen(named)))
				named = name;
		}
	}
	return named;
}

/* The first entry of the menu that update-grub would make. */
static const char *first_in_menu(const struct tree_names *kernels, bool flavour_order)
{
	const char *newest = NULL, *name;
	char *flavour, *rest;
	char value[256];

	if (read_grub_setting(value, sizeof(value), "GRUB_TOP_LEVEL=") && value[0]) {
		name = strrchr(value, '/');
		name = strchr(name ?: value, '-');
		return name ? installed(kernels, name + 1) : NULL;
	}
	if (flavour_order && read_grub_setting(value, sizeof(value), "GRUB_FLAVOUR_ORDER=")) {
		for (flavour = strtok_r(value, " \t", &rest); flavour && !newest;
		     flavour = strtok_r(NULL, " \t", &rest))
			newest = newest_of(kernels, flavour);
	}
	return newest ?: newest_of(kernels, NULL);
}

static const char *grub_boots(const struct tree_names *kernels, const struct choice *choice,
			      bool flavour_order)
{
	bool is_bls = choice->menu && grub_menu_is_bls(choice->menu);
	const char *entry = choice->entry;
	char release[128];

	if (choice->menu && grub_menu_release(choice->menu, entry, release, sizeof(release)))
		return installed(kernels, release);
	/* There is no such entry, or nobody can tell. */
	if (choice->menu && !is_bls)
		return NULL;
	if (!strcmp(entry, "0"))
		return is_bls ? newest_of(kernels, NULL) : first_in_menu(kernels, flavour_order);
	return named_in(kernels, entry);
}

/* "MACHINE-ID-*" are all kernels of this installation: the newest comes first. */
static bool is_any(const char *entry)
{
	char id[64];
	size_t length;

	if (tree_line(id, sizeof(id), "/etc/machine-id"))
		id[0] = 0;
	length = strlen(id);
	return !entry[0] || !strcmp(entry, "*") ||
	       (length && !strncmp(entry, id, length) &&
		(!strcmp(entry + length, "-*") || !strcmp(entry + length, "*")));
}

bool next_kernel(const struct distribution *distribution, char **release, char *entry, size_t size)
{
	struct tree_names kernels;
	struct choice choice;
	const char *next;
	bool known;

	read_choice(&choice);
	list_kernels(&kernels);
	/* One kernel is the next whatever the entry is called. */
	if (kernels.count < 2)
		next = newest_of(&kernels, NULL);
	else if (choice.is_grub)
		next = grub_boots(&kernels, &choice, distribution->facts->flavour_order);
	else if (is_any(choice.entry))
		next = newest_of(&kernels, NULL);
	else
		next = named_in(&kernels, choice.entry);
	known = next || !kernels.count;
	*release = next ? text_copy(next) : NULL;
	text_put(entry, size, choice.entry);
	text_clean(entry);
	free(choice.menu);
	tree_names_free(&kernels);
	return known;
}
