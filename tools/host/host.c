// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machine and its kernel.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <linux/capability.h>

#include "base/array.h"
#include "base/text.h"
#include "base/tree.h"
#include "host/host.h"
#include "host/next_kernel.h"

static void read_arch(struct host *host)
{
	struct utsname name;

	/* Kernels before 6.1 do not have it. */
	if (!tree_line(host->arch, sizeof(host->arch), "/proc/sys/kernel/arch") || !tree_is_live())
		return;
	uname(&name);
	text_put(host->arch, sizeof(host->arch), name.machine);
}

static void read_page_size(struct host *host)
{
	char text[4096], value[32];
	__u64 kib;

	if (tree_is_live())
		host->page_size = sysconf(_SC_PAGESIZE);
	else if (tree_read(text, sizeof(text), "/proc/self/smaps") >= 0 &&
		 text_field(text, "KernelPageSize:", value, sizeof(value)))
		host->page_size = text_scan(value, 10, &kib) ? kib << 10 : 0;
}

static void read_next_release(struct host *host)
{
	char *next;

	if (next_kernel(&host->distribution, &next, host->next_entry, sizeof(host->next_entry)))
		text_put(host->next_release, sizeof(host->next_release), next ?: host->release);
	text_clean_name(host->next_release);
	free(next);
}

static void read_capabilities(struct host *host)
{
	char text[4096], value[32];
	__u64 capabilities;

	if (tree_read(text, sizeof(text), "/proc/self/status") >= 0 &&
	    text_field(text, "CapEff:", value, sizeof(value)) &&
	    text_scan(value, 16, &capabilities))
		host->can_lock = capabilities >> CAP_IPC_LOCK & 1;
}

/* On arm64 only firmware's name of the machine tells. */
static void read_virtual(struct host *host)
{
	static const char * const vendors[] = {
		"QEMU", "KubeVirt", "OpenStack Foundation", "Red Hat", "VMware, Inc.", "Xen",
	};
	char vendor[64];

	tree_line(vendor, sizeof(vendor), "/sys/class/dmi/id/sys_vendor");
	for (size_t i = 0; i < ARRAY_SIZE(vendors); i++)
		host->is_virtual |= !strcmp(vendor, vendors[i]);
	host->is_virtual |= !!strstr(host->machine, "Virtual Machine");
}

void host_read(struct host *host)
{
	*host = (struct host){};
	read_arch(host);
	tree_line(host->release, sizeof(host->release), "/proc/sys/kernel/osrelease");
	text_clean_name(host->release);
	tree_line(host->machine, sizeof(host->machine), "/sys/class/dmi/id/product_name");
	distribution_read(&host->distribution);
	read_virtual(host);
	read_page_size(host);
	read_next_release(host);
	read_capabilities(host);
}

int host_config(const struct host *host, const char *option)
{
	static const char *const places[][2] = {
		{ "/boot/config-", "" },
		{ "/lib/modules/", "/config" },
		{ "/lib/modules/", "/build/.config" },
	};
	char name[128], value[16];
	int set = -1;

	snprintf(name, sizeof(name), "%s=", option);
	for (size_t i = 0; i < ARRAY_SIZE(places) && set < 0; i++) {
		char *text;

		if (tree_read_all(&text, 1 << 20, "%s%s%s", places[i][0], host->release,
				  places[i][1]) > 0)
			set = text_field(text, name, value, sizeof(value)) &&
			      (value[0] == 'y' || value[0] == 'm');
		free(text);
	}
	return set;
}
