// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kernel modules: libkmod reads what they say of themselves, and loads them.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libkmod.h>

#include "base/array.h"
#include "base/text.h"
#include "base/tree.h"
#include "host/gpu.h"
#include "host/module.h"
#include "host/module_list.h"

/* Debian's have 400 KiB. */
#define LIST_MAX (16 << 20)

static const char * const no_config[] = { NULL };

/* Errors are returned; nothing is to be printed. */
static void ignore_log(void *data, int priority, const char *file, int line, const char *function,
		       const char *format, va_list arguments)
{
	(void)data, (void)priority, (void)file, (void)line, (void)function, (void)format,
		(void)arguments;
}

static struct kmod_ctx *open_modules(const char *folder, const char * const *config)
{
	struct kmod_ctx *ctx = kmod_new(folder, config);

	if (ctx)
		kmod_set_log_fn(ctx, ignore_log, NULL);
	return ctx;
}

/* Of an open file: the path of what is in a recorded tree means nothing to a library. */
static void read_info(struct module *module, int fd)
{
	struct kmod_ctx *ctx = open_modules("/", no_config);
	struct kmod_list *info = NULL, *entry;
	struct kmod_module *mod = NULL;
	char itself[32];

	snprintf(itself, sizeof(itself), "/proc/self/fd/%d", fd);
	if (ctx && kmod_module_new_from_path(ctx, itself, &mod) >= 0)
		kmod_module_get_info(mod, &info);
	kmod_list_foreach(entry, info) {
		const char *key = kmod_module_info_get_key(entry);
		const char *value = kmod_module_info_get_value(entry);

		if (!strcmp(key, "version"))
			text_put(module->version, sizeof(module->version), value);
		else if (!strcmp(key, "signer"))
			text_put(module->signer, sizeof(module->signer), value);
		else if (!strcmp(key, "vermagic"))
			text_put(module->kernel, sizeof(module->kernel), value);
	}
	kmod_module_info_free_list(info);
	kmod_module_unref(mod);
	kmod_unref(ctx);
	module->kernel[strcspn(module->kernel, " ")] = 0;
	text_clean(module->kernel);
	text_clean(module->version);
	text_clean(module->signer);
}

/*
 * 0, -ENOENT if it is not in the list, -ENODATA where there is no list, or only a part of
 * one, as a full disk leaves behind.
 */
static int find_in_list(const char *release, const char *list, const char *name, char *path,
			size_t size)
{
	char *text;
	long length = tree_read_all(&text, LIST_MAX, "/lib/modules/%s/%s", release, list);
	int ret = -ENODATA;

	if (length > 0 && text[length - 1] == '\n' && (size_t)length == strlen(text))
		ret = module_list_find(text, name, path, size) ? 0 : -ENOENT;
	free(text);
	return ret;
}

int module_find(struct module *module, const char *release, const char *name)
{
	char path[192];
	int fd, ret;

	*module = (struct module){};
	if (!release[0] || strchr(release, '/'))
		return -ENODATA;
	ret = find_in_list(release, "modules.dep", name, path, sizeof(path));
	/* What is built in has no file. */
	if (ret == -ENOENT && !find_in_list(release, "modules.builtin", name, path, sizeof(path))) {
		module->came_with_kernel = true;
		return 0;
	}
	if (ret)
		return ret;
	if ((size_t)snprintf(module->path, sizeof(module->path), "/lib/modules/%s/%s", release,
			     path) >= sizeof(module->path))
		return -ENAMETOOLONG;
	module->came_with_kernel = strstr(module->path, "/kernel/");
	fd = tree_open(O_RDONLY, "%s", module->path);
	text_clean(module->path);
	if (fd < 0)
		return 0;
	read_info(module, fd);
	close(fd);
	return 0;
}

bool module_list_is_lost(const char *release)
{
	char path[192];

	if (!release[0] || strchr(release, '/') || !tree_exists("/lib/modules/%s/kernel", release))
		return false;
	return find_in_list(release, "modules.dep", "", path, sizeof(path)) == -ENODATA;
}

bool module_find_unlisted(const char *release, const char *name, char *path, size_t size)
{
	static const char * const folders[] = { "updates/dkms", "updates", "extra" };
	static const char * const ends[] = { "", ".xz", ".zst", ".gz" };

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(ends); j++) {
			snprintf(path, size, "/lib/modules/%s/%s/%s.ko%s", release, folders[i],
				 name, ends[j]);
			if (tree_exists("%s", path))
				return true;
		}
	}
	return false;
}

bool module_package_version(char *version, size_t size)
{
	static const char prefix[] = GPU_MODULE "-";
	struct tree_names names;

	version[0] = 0;
	tree_list(&names, "/usr/src");
	for (size_t i = 0; i < names.count; i++) {
		if (!strncmp(names.names[i], prefix, strlen(prefix)))
			text_put(version, size, names.names[i] + strlen(prefix));
	}
	text_clean_name(version);
	tree_names_free(&names);
	return version[0];
}

bool module_is_loaded(const char *name)
{
	return tree_exists("/sys/module/%s", name);
}

int module_load(const char *name)
{
	struct kmod_list *list = NULL, *entry;
	struct kmod_ctx *ctx;
	int ret;

	if (!tree_is_live())
		return -EOPNOTSUPP;
	ctx = open_modules(NULL, NULL);
	if (!ctx)
		return -ENOMEM;
	ret = kmod_module_new_from_lookup(ctx, name, &list);
	if (!ret && !list)
		ret = -ENOENT;
	kmod_list_foreach(entry, list) {
		struct kmod_module *mod = kmod_module_get_module(entry);

		if (ret >= 0)
			ret = kmod_module_probe_insert_module(mod, 0, NULL, NULL, NULL, NULL);
		kmod_module_unref(mod);
	}
	kmod_module_unref_list(list);
	kmod_unref(ctx);
	return ret < 0 ? ret : 0;
}
