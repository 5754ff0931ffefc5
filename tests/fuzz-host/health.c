// SPDX-License-Identifier: GPL-2.0-only
/* What has to be true of the host when everybody has ended. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "access.h"
#include "health.h"
#include "host.h"
#include "tap.h"

int health_bind(const struct gpu *gpu)
{
	int ret = host_bind(gpu->bdf, DRIVER);

	if (ret == -EIO)
		host_pci_write(gpu->bdf, "remove", "1");
	return ret;
}

void health_restore(const struct gpu *gpu, bool soft_reset)
{
	host_control_set(gpu->bdf, "gone", 0);
	host_control_set(gpu->bdf, "reset_fails", 0);
	if (!host_pci_has(gpu->bdf, "vendor"))
		CHECK_RET(host_write("/sys/bus/pci/rescan", "1"), 0);
	host_gpu_restore(gpu);
	host_control_set(gpu->bdf, "soft_reset", soft_reset);
	CHECK_RET(host_unbind(gpu->bdf), 0);
	if (health_bind(gpu)) {
		CHECK_RET(host_write("/sys/bus/pci/rescan", "1"), 0);
		CHECK_RET(host_bind(gpu->bdf, DRIVER), 0);
	}
}

void health_check_device(const struct gpu *gpu)
{
	struct access accesses[ACCESS_KINDS];
	struct vfio dev;

	vfio_open(&dev, gpu);
	vfio_set_decode(&dev, true);
	access_prepare(accesses, &dev, USEMEM, gpu->usemem.length - host_page_size());
	access_check_all(accesses);
	CHECK_RET(vfio_reset(&dev), 0);
	vfio_set_decode(&dev, true);
	access_check_all(accesses);
	vfio_close(&dev);
}

/* The kernel's mappings of the GPU's memory, which a close drops. */
static void check_no_mappings(const struct gpu *gpu)
{
	FILE *file = fopen("/proc/vmallocinfo", "r");
	unsigned long long phys;
	char line[512];
	char *at;

	CHECK(file, "/proc/vmallocinfo: %s", strerror(errno));
	while (fgets(line, sizeof(line), file)) {
		at = strstr(line, "phys=");
		if (!at || sscanf(at, "phys=0x%llx", &phys) != 1)
			continue;
		CHECK(phys < gpu->base || phys >= gpu->base + gpu->size, "still mapped: %s", line);
	}
	fclose(file);
}

/* Modules that the driver and its users stand on, and that nobody uses now. */
static void check_users(const char *module)
{
	char path[128], text[32];

	snprintf(path, sizeof(path), "/sys/module/%s/refcnt", module);
	if (host_read(path, text, sizeof(text)))
		return;
	CHECK(!strcmp(text, "0"), "module %s has %s users", module, text);
}

void health_check_leaks(const struct target *targets, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		CHECK_RET(host_unbind(targets[i].gpu.bdf), 0);
	for (i = 0; i < count; i++)
		check_no_mappings(&targets[i].gpu);
	check_users("vfio_iommu_type1");
	/* fails while anybody has a reference */
	CHECK_RET(host_remove_driver(), 0);
	CHECK_RET(host_insert(MODULE_FILE), 0);
}
