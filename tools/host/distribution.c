// SPDX-License-Identifier: GPL-2.0-only
/*
 * The distribution: which one it is, and commands for it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/program.h"
#include "base/tree.h"
#include "host/distribution.h"

/* --- os-release(5) */

/* A value is as a shell would have it: in quotes or not, backslashes before some characters. */
static void unquote(char *value)
{
	char quote = value[0] == '"' || value[0] == '\'' ? value[0] : 0;
	char *to = value;

	for (char *from = value + !!quote; *from && *from != quote; from++) {
		if (*from == '\\' && quote != '\'' && from[1])
			from++;
		*to++ = *from;
	}
	*to = 0;
}

static void read_value(const char *text, const char *name, char *value, size_t size)
{
	char whole[512];

	text_field(text, name, whole, sizeof(whole));
	unquote(whole);
	text_put(value, size, whole);
}

void distribution_read(struct distribution *distribution)
{
	char like[128];
	char *text, *words = like, *word;

	*distribution = (struct distribution){};
	if (tree_read_all(&text, 1 << 16, "/etc/os-release") < 0) {
		free(text);
		tree_read_all(&text, 1 << 16, "/usr/lib/os-release");
	}
	read_value(text ?: "", "ID=", distribution->id, sizeof(distribution->id));
	read_value(text ?: "", "ID_LIKE=", like, sizeof(like));
	read_value(text ?: "", "VERSION_ID=", distribution->version, sizeof(distribution->version));
	read_value(text ?: "", "VERSION_CODENAME=", distribution->codename,
		   sizeof(distribution->codename));
	free(text);
	text_clean_name(distribution->id);
	text_clean_name(distribution->version);
	text_clean_name(distribution->codename);

	distribution->facts = distribution_facts_find(distribution->id);
	while (!distribution->facts && (word = strsep(&words, " "))) {
		distribution->derived = true;
		distribution->facts = distribution_facts_find(word);
	}
	/* An image of the system is changed in ways of its own. */
	if (!distribution->facts || tree_exists("/run/ostree-booted"))
		distribution->facts = &distribution_facts_unknown;
}

/* --- commands */

char *distribution_install(const struct distribution *distribution, const char *packages,
			   const char *what)
{
	const struct distribution_facts *facts = distribution->facts;

	if (!facts->install)
		return text_format("# install %s", what);
	return text_format("%s %s%s", facts->install, packages, facts->after_install ?: "");
}

char *distribution_install_headers(const struct distribution *distribution, const char *release,
				   const char *package)
{
	const struct distribution_facts *facts = distribution->facts;
	char *headers = facts->headers ? facts->headers(release) : text_copy("");
	char *packages = text_format("%s %s", headers, package ?: "");
	char *what = text_format("the headers of kernel %s%s%s", release, package ? ", and " : "",
				 package ?: "");
	char *commands;

	if (!package)
		packages[strlen(headers)] = 0;
	commands = distribution_install(distribution, packages, what);
	free(headers);
	free(packages);
	free(what);
	return commands;
}

/* What each deb has, or the license that the rpm has. */
static bool package_is_there(const char *name)
{
	return tree_exists("/usr/share/doc/%s/copyright", name) ||
		tree_exists("/usr/share/licenses/%s", name);
}

char *distribution_install_module(const struct distribution *distribution, const char *release)
{
	const struct distribution_facts *facts = distribution->facts;
	char *package, *commands;

	if (!facts->modules)
		return text_format("# install the package that has the module for kernel %s",
				   release);
	package = facts->modules(release);
	commands = text_format("%s %s%s",
			       package_is_there(package) ? facts->reinstall : facts->install,
			       package, facts->after_install ?: "");
	free(package);
	return commands;
}

char *distribution_upgrade_qemu(const struct distribution *distribution)
{
	const struct distribution_facts *facts = distribution->facts;

	if (!facts->upgrade)
		return text_copy("# install a newer QEMU");
	return text_format("%s %s%s", facts->upgrade, facts->qemu, facts->after_install ?: "");
}

char *distribution_newer_kernel(const struct distribution *distribution, const char *release,
				bool for_pages)
{
	if (distribution->facts->newer_kernel && !distribution->derived)
		return distribution->facts->newer_kernel(distribution, release, for_pages);
	return text_copy(for_pages ?
		"# boot a kernel with pages of 64 KiB, or one from 6.12 on" :
		"# boot a kernel from 6.17 on");
}

/* The file that has the word, of those that the boot loader's configuration is made from. */
static char *command_line_file(const char *word)
{
	static const char folder[] = "/etc/default/grub.d";
	struct tree_names names;
	char *found = NULL, *text;

	if (tree_read_all(&text, 1 << 16, "/etc/default/grub") > 0 && strstr(text, word))
		found = text_copy("/etc/default/grub");
	free(text);
	tree_list(&names, "%s", folder);
	for (size_t i = 0; i < names.count && !found; i++) {
		text_clean_name(names.names[i]);
		if (tree_read_all(&text, 1 << 16, "%s/%s", folder, names.names[i]) > 0 &&
		    strstr(text, word))
			found = text_format("%s/%s", folder, names.names[i]);
		free(text);
	}
	tree_names_free(&names);
	return found;
}

char *distribution_command_line(const struct distribution *distribution, const char *old,
				const char *new)
{
	const struct distribution_facts *facts = distribution->facts;
	char *file, *commands;

	if (facts->install && !facts->boot_loader)
		return text_format("grubby --update-kernel=ALL --remove-args=%s%s%s", old,
				   new ? " --args=" : "", new ?: "");
	file = facts->boot_loader ? command_line_file(old) : NULL;
	if (file)
		commands = text_format("sed --in-place 's/%s/%s/' %s\n%s", old, new ?: "", file,
				       facts->boot_loader);
	else
		commands = text_format("# take %s from the kernel's command line%s%s", old,
				       new ? ", and write in its place " : "", new ?: "");
	free(file);
	return commands;
}

const char *distribution_firmware(const struct distribution *distribution)
{
	const char * const *files = distribution->facts->firmware;

	for (size_t i = 0; i < ARRAY_SIZE(distribution->facts->firmware) && files[i]; i++) {
		if (tree_exists("%s", files[i]))
			return files[i];
	}
	return NULL;
}

const char *distribution_initramfs(const struct distribution *distribution)
{
	const char * const commands[] = {
		distribution->facts->initramfs,
		"update-initramfs -u -k all",
		"dracut --force --regenerate-all",
	};

	/* An image of the system brings its own. */
	if (tree_exists("/run/ostree-booted"))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		char name[32];

		text_put(name, sizeof(name), commands[i] ?: "");
		name[strcspn(name, " ")] = 0;
		if (name[0] && program_is_there(name))
			return commands[i];
	}
	return NULL;
}
