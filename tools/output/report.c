// SPDX-License-Identifier: GPL-2.0-only
/*
 * list and status.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "host/absent.h"
#include "host/iommu_group.h"
#include "host/kernel_log.h"
#include "host/pci_names.h"
#include "host/users.h"
#include "output/report.h"

/**
 * struct facts - what a report needs beside the GPU itself
 * @members: of its IOMMU group
 * @users: who has it open
 * @names: database of PCI ids
 */
struct facts {
	struct pci_devices members;
	const struct users *users;
	const char *names;
};

typedef void tell_fn(const struct gpu *gpu, const struct facts *facts, void *data);

/* Of each GPU; what all of them share is read once. */
static void tell_each(const struct gpus *gpus, tell_fn *tell, void *data)
{
	struct users *users = users_find(gpus);
	char *names = pci_names_read();

	for (size_t i = 0; i < gpus->count; i++) {
		struct facts facts = { .users = &users[i], .names = names };

		iommu_group_read(&facts.members, &gpus->gpus[i].pci);
		tell(&gpus->gpus[i], &facts, data);
		pci_devices_free(&facts.members);
	}
	free(names);
	users_free(users, gpus->count);
}

static const char *name_of(const struct facts *facts, const struct pci_device *pci, char *buffer,
			   size_t size)
{
	return pci_name(facts->names, pci->vendor, pci->device, buffer, size);
}

/* --- JSON */

void report_string(struct json_object *object, const char *key, const char *value)
{
	json_object_object_add(object, key, json_object_new_string(value));
}

void report_string_or_null(struct json_object *object, const char *key, const char *value)
{
	json_object_object_add(object, key, value[0] ? json_object_new_string(value) : NULL);
}

struct json_object *report_begin(void)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "schema", json_object_new_int(REPORT_SCHEMA));
	return object;
}

static void add_number(struct json_object *object, const char *key, __u64 value)
{
	json_object_object_add(object, key, json_object_new_uint64(value));
}

void report_json(struct json_object *object)
{
	puts(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY |
							    JSON_C_TO_STRING_SPACED |
							    JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(object);
}

static struct json_object *driver_json(const struct gpu *gpu)
{
	struct json_object *object = json_object_new_object();

	report_string_or_null(object, "name", gpu->pci.driver);
	report_string(object, "origin", gpu_origin_name(gpu->origin));
	report_string_or_null(object, "version", gpu->driver_version);
	return object;
}

static struct json_object *memory_json(const struct gpu *gpu)
{
	struct json_object *object;

	if (!gpu->has_memory)
		return NULL;
	object = json_object_new_object();
	add_number(object, "base", gpu->base);
	add_number(object, "usemem_size", gpu->usemem_size);
	add_number(object, "usemem_bar_size", gpu->usemem_bar_size);
	add_number(object, "resmem_size", gpu->resmem_size);
	add_number(object, "resmem_bar_size", gpu->resmem_bar_size);
	json_object_object_add(object, "mig_erratum", json_object_new_boolean(gpu->mig_erratum));
	report_string(object, "readiness_method", gpu->readiness_method);
	report_string(object, "readiness", gpu->readiness);
	return object;
}

static struct json_object *group_json(const struct gpu *gpu, const struct facts *facts)
{
	struct json_object *object, *others;
	bool viable = true;
	char name[256];

	if (!gpu->pci.group[0])
		return NULL;
	object = json_object_new_object();
	others = json_object_new_array();
	for (size_t i = 0; i < facts->members.count; i++) {
		const struct pci_device *member = &facts->members.devices[i];
		struct json_object *other;

		if (!strcmp(member->bdf, gpu->pci.bdf))
			continue;
		viable &= iommu_group_lets(member);
		other = json_object_new_object();
		report_string(other, "bdf", member->bdf);
		report_string(other, "name", name_of(facts, member, name, sizeof(name)));
		report_string_or_null(other, "driver", member->driver);
		json_object_array_add(others, other);
	}
	report_string(object, "number", gpu->pci.group);
	json_object_object_add(object, "viable", json_object_new_boolean(viable));
	json_object_object_add(object, "others", others);
	return object;
}

static struct json_object *bars_json(const struct pci_device *pci)
{
	struct json_object *bars = json_object_new_array();

	for (int i = 0; i < PCI_BARS; i++) {
		struct json_object *bar;

		if (!pci->bars[i].size)
			continue;
		bar = json_object_new_object();
		add_number(bar, "index", i);
		add_number(bar, "start", pci->bars[i].start);
		add_number(bar, "size", pci->bars[i].size);
		json_object_array_add(bars, bar);
	}
	return bars;
}

static struct json_object *users_json(const struct users *users)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < users->count; i++) {
		struct json_object *user = json_object_new_object();

		json_object_object_add(user, "pid", json_object_new_int(users->users[i].pid));
		report_string(user, "command", users->users[i].command);
		report_string(user, "file", users->users[i].path);
		json_object_array_add(list, user);
	}
	return list;
}

/* Whether somebody has it open: null where that cannot be seen. */
static struct json_object *in_use_json(const struct users *users)
{
	return !users->count && users->hidden ? NULL : json_object_new_boolean(users->count);
}

static void add_gpu_json(const struct gpu *gpu, const struct facts *facts, void *list)
{
	struct json_object *object = json_object_new_object();
	char id[16];

	snprintf(id, sizeof(id), "%04x:%04x", gpu->pci.vendor, gpu->pci.device);
	report_string(object, "bdf", gpu->pci.bdf);
	report_string(object, "id", id);
	report_string(object, "product", gpu->product);
	json_object_object_add(object, "on_bus",
			       json_object_new_boolean(!gpu_is_seen_off_bus(gpu)));
	json_object_object_add(object, "driver", driver_json(gpu));
	report_string_or_null(object, "driver_override", gpu->pci.override);
	report_string(object, "bind_at_boot", gpu_policy_name(gpu->policy));
	json_object_object_add(object, "iommu_group", group_json(gpu, facts));
	json_object_object_add(object, "numa_node", json_object_new_int(gpu->pci.numa_node));
	json_object_object_add(object, "memory", memory_json(gpu));
	json_object_object_add(object, "bars", bars_json(&gpu->pci));
	json_object_object_add(object, "in_use", in_use_json(facts->users));
	json_object_object_add(object, "users", users_json(facts->users));
	add_number(object, "hidden_processes", facts->users->hidden);
	json_object_array_add(list, object);
}

static void read_absent(struct absents *absent)
{
	char *log;

	kernel_log_read(&log);
	absents_read(absent, log);
	free(log);
}

static struct json_object *absent_json(void)
{
	struct json_object *list = json_object_new_array();
	struct absents absent;

	read_absent(&absent);
	for (size_t i = 0; i < absent.count; i++) {
		struct json_object *object = json_object_new_object();

		report_string(object, "bdf", absent.gpus[i].bdf);
		json_object_object_add(object, "was_seen",
				       json_object_new_boolean(absent.gpus[i].was_seen));
		report_string_or_null(object, "file", absent.gpus[i].file);
		json_object_array_add(list, object);
	}
	absents_free(&absent);
	return list;
}

static void print_json(const struct gpus *gpus)
{
	struct json_object *top = report_begin();
	struct json_object *list = json_object_new_array();

	tell_each(gpus, add_gpu_json, list);
	json_object_object_add(top, "gpus", list);
	json_object_object_add(top, "absent", absent_json());
	report_json(top);
}

/* --- text */

static const char *or_none(const char *text)
{
	return text[0] ? text : "none";
}

static void print_driver(const struct gpu *gpu)
{
	static const char * const origins[] = {
		[GPU_UNBOUND]		= "",
		[GPU_OF_PACKAGE]	= ", of this package, version ",
		[GPU_OF_KERNEL]		= ", the kernel's own",
		[GPU_OF_OTHERS]		= ", not the driver for guests",
	};

	printf("  driver           %s%s%s\n", or_none(gpu->pci.driver), origins[gpu->origin],
	       gpu->origin == GPU_OF_PACKAGE ? gpu->driver_version : "");
	printf("  driver_override  %s\n", or_none(gpu->pci.override));
	printf("  bound at boot    %s\n", gpu_policy_name(gpu->policy));
}

static void print_group(const struct gpu *gpu, const struct facts *facts)
{
	char name[256];

	printf("  IOMMU group      %s\n", or_none(gpu->pci.group));
	for (size_t i = 0; i < facts->members.count; i++) {
		const struct pci_device *member = &facts->members.devices[i];

		if (!strcmp(member->bdf, gpu->pci.bdf))
			continue;
		printf("    with %s %s, driver %s%s\n", member->bdf,
		       name_of(facts, member, name, sizeof(name)), or_none(member->driver),
		       iommu_group_lets(member) ? "" : ": keeps the group from guests");
	}
}

static void print_part(const char *name, int bar, __u64 size, __u64 bar_size)
{
	char text[32], bar_text[32];

	if (size)
		printf("  %-17s%s in BAR%d of %s\n", name, text_size(text, sizeof(text), size), bar,
		       text_size(bar_text, sizeof(bar_text), bar_size));
	else
		printf("  %-17snone\n", name);
}

static void print_memory(const struct gpu *gpu)
{
	char size[32];

	if (gpu->has_memory) {
		printf("  memory base      %#llx\n", gpu->base);
		print_part("usemem", 4, gpu->usemem_size, gpu->usemem_bar_size);
		print_part("resmem", 2, gpu->resmem_size, gpu->resmem_bar_size);
		printf("  readiness        %s (%s)\n", or_none(gpu->readiness),
		       or_none(gpu->readiness_method));
	} else {
		printf("  memory           %s\n",
		       gpu->origin == GPU_OF_PACKAGE ?
			       "firmware describes none" :
			       "not known: the driver of this package tells when it is bound");
	}
	for (int i = 0; i < PCI_BARS; i++) {
		if (gpu->pci.bars[i].size)
			printf("  physical BAR%d    %s at %#llx\n", i,
			       text_size(size, sizeof(size), gpu->pci.bars[i].size),
			       gpu->pci.bars[i].start);
	}
}

static void print_users(const struct users *users)
{
	for (size_t i = 0; i < users->count; i++)
		printf("  open in          %d (%s): %s\n", users->users[i].pid,
		       users->users[i].command, users->users[i].path);
	if (users->hidden)
		printf("  open in          %s: %zu processes cannot be looked at by this user\n",
		       users->count ? "maybe more" : "not known", users->hidden);
	else if (!users->count)
		puts("  open in          no process");
}

static void print_status(const struct gpu *gpu, const struct facts *facts, void *printed)
{
	if ((*(size_t *)printed)++)
		putchar('\n');
	printf("%s  %s (%04x:%04x)\n", gpu->pci.bdf, gpu->product, gpu->pci.vendor,
	       gpu->pci.device);
	if (gpu_is_seen_off_bus(gpu))
		puts("  PCI bus          it reads all ones: it has fallen off the bus");
	print_driver(gpu);
	print_group(gpu, facts);
	printf("  NUMA node        %d\n", gpu->pci.numa_node);
	print_memory(gpu);
	print_users(facts->users);
}

static void print_absent(size_t printed)
{
	struct absents absent;

	read_absent(&absent);
	for (size_t i = 0; i < absent.count; i++) {
		const struct absent *gpu = &absent.gpus[i];

		printf("%s%s\n  PCI bus          it is not there, and %s names it\n",
		       printed + i ? "\n" : "", gpu->bdf, absent_named_by(gpu));
	}
	absents_free(&absent);
}

void report_status(const struct gpus *gpus, bool all, bool json)
{
	size_t printed = 0;

	if (json)
		print_json(gpus);
	else
		tell_each(gpus, print_status, &printed);
	if (!json && all)
		print_absent(printed);
}

void report_list(const struct gpus *gpus, bool json)
{
	if (json) {
		print_json(gpus);
		return;
	}
	for (size_t i = 0; i < gpus->count; i++) {
		const struct gpu *gpu = &gpus->gpus[i];

		printf("%s  %-11s  driver %s  group %s  %s\n", gpu->pci.bdf, gpu->product,
		       or_none(gpu->pci.driver), or_none(gpu->pci.group),
		       gpu->readiness[0] ? gpu->readiness : "readiness unknown");
	}
}
