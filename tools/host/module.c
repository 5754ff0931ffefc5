// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kernel modules: libkmod reads depmod's lists and the modules themselves, and loads them.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <libkmod.h>

#include "base/text.h"
#include "base/tree.h"
#include "host/gpu.h"
#include "host/module.h"

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

static void read_info(struct module *module, struct kmod_module *mod)
{
	const char *path = kmod_module_get_path(mod);
	struct kmod_list *info = NULL, *entry;

	/* What is built in has no file. */
	if (!path) {
		module->came_with_kernel = true;
		return;
	}
	text_put(module->path, sizeof(module->path), path + strlen(tree_folder()));
	text_clean(module->path);
	module->came_with_kernel = strstr(module->path, "/kernel/");
	if (!tree_is_file("%s", module->path) || kmod_module_get_info(mod, &info) < 0)
		return;
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
	module->kernel[strcspn(module->kernel, " ")] = 0;
	text_clean(module->kernel);
	text_clean(module->version);
	text_clean(module->signer);
}

/* depmod's lists are there, and libkmod can open them without waiting for anything. */
static bool lists_are_files(const char *release)
{
	struct tree_names names;
	bool are_files = true;

	if (!release[0] || strchr(release, '/') ||
	    !tree_exists("/lib/modules/%s/modules.dep.bin", release))
		return false;
	tree_list(&names, "/lib/modules/%s", release);
	for (size_t i = 0; i < names.count; i++) {
		if (!strncmp(names.names[i], "modules.", 8))
			are_files &= tree_is_file("/lib/modules/%s/%s", release, names.names[i]);
	}
	tree_names_free(&names);
	return are_files;
}

int module_find(struct module *module, const char *release, const char *name)
{
	static const char * const no_config[] = { NULL };
	struct kmod_list *list = NULL;
	char folder[TREE_PATH_SIZE];
	struct kmod_ctx *ctx;
	int ret;

	*module = (struct module){};
	if (!lists_are_files(release))
		return -ENODATA;
	snprintf(folder, sizeof(folder), "%s/lib/modules/%s", tree_folder(), release);
	ctx = open_modules(folder, no_config);
	if (!ctx)
		return -ENOMEM;
	ret = kmod_module_new_from_lookup(ctx, name, &list);
	if (!ret && list) {
		struct kmod_module *mod = kmod_module_get_module(list);

		read_info(module, mod);
		kmod_module_unref(mod);
	} else if (!ret) {
		ret = -ENOENT;
	}
	kmod_module_unref_list(list);
	kmod_unref(ctx);
	return ret;
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
