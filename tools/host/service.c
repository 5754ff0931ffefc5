// SPDX-License-Identifier: GPL-2.0-only
/*
 * What has started a process, by its control group, which it cannot choose.
 */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"
#include "base/tree.h"
#include "host/service.h"

#define CGROUP_MAX 0x10000

/* By the names of their processes, which have 15 characters: where there is no systemd to tell. */
static const char *by_command(const char *command)
{
	static const char * const services[][2] = {
		{ "nvidia-persiste", "nvidia-persistenced" },
		{ "nv-hostengine", "nvidia-dcgm" },
		{ "nv-fabricmanage", "nvidia-fabricmanager" },
		{ "nvidia-imex", "nvidia-imex" },
		{ "dcgm-exporter", "nvidia-dcgm-exporter" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(services); i++) {
		if (!strcmp(command, services[i][0]))
			return services[i][1];
	}
	return "";
}

/* Services that run what others tell them: with them more would end, or nothing. */
static bool runs_others(const char *service)
{
	static const char * const names[] = {
		"atd", "containerd", "cron", "crond", "crio", "docker", "kubelet", "libvirtd",
		"ssh", "sshd", "virtqemud",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!strcmp(service, names[i]))
			return true;
	}
	return false;
}

/* "/system.slice/nvidia-dcgm.service": those of users are in another slice. */
static void read_service(const char *path, char *service, size_t size)
{
	static const char suffix[] = ".service";
	const char *name = strrchr(path, '/');
	size_t length;

	if (strncmp(path, "/system.slice/", 14))
		return;
	length = strlen(++name);
	if (length < sizeof(suffix) || length >= size ||
	    strcmp(name + length - strlen(suffix), suffix))
		return;
	text_put(service, size, name);
	service[length - strlen(suffix)] = 0;
	text_clean_name(service);
	if (runs_others(service))
		service[0] = 0;
}

static bool is_container(const char *path)
{
	static const char * const parts[] = {
		"kubepods", "/docker/", "/docker-", "/libpod-", "/cri-containerd-", "/crio-", "/lxc",
	};

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		if (strstr(path, parts[i]))
			return true;
	}
	return false;
}

/* Lines of cgroups(7): number, controllers, path. */
bool service_of(int pid, const char *command, char *service, size_t size)
{
	bool in_container = false, told = false;
	char *text, *rest, *line;

	service[0] = 0;
	tree_read_all(&text, CGROUP_MAX, "/proc/%d/cgroup", pid);
	rest = text;
	while ((line = strsep(&rest, "\n"))) {
		char *path = strchr(line, ':');

		path = path ? strchr(path + 1, ':') : NULL;
		if (!path++ || strchr(path, '/') != path)
			continue;
		told |= strcmp(path, "/");
		in_container |= is_container(path);
		if (!service[0])
			read_service(path, service, size);
	}
	free(text);
	if (!told)
		text_put(service, size, by_command(command));
	return in_container;
}
