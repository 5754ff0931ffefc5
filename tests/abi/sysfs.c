// SPDX-License-Identifier: GPL-2.0-only
/* D8: the attributes in the PCI device's directory. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "host.h"
#include "program.h"
#include "vfio.h"

static void check_text(const char *name, const char *want)
{
	char file[64], text[128];

	snprintf(file, sizeof(file), "nvgrace_gpu/%s", name);
	CHECK_RET(host_pci_read(gpu.bdf, file, text, sizeof(text)), 0);
	CHECK(!strcmp(text, want), "%s is '%s', expected '%s'", name, text,
	      want);
}

static void check_number(const char *name, u64 want)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu", want);
	check_text(name, text);
}

static void values(void)
{
	char base[32];

	snprintf(base, sizeof(base), "%#llx", gpu.base);
	check_text("base", base);
	check_number("usemem_size", gpu.usemem.length);
	check_number("usemem_bar_size", gpu.usemem.bar);
	check_number("resmem_size", gpu.resmem.length);
	check_number("resmem_bar_size", gpu.resmem.bar);
	check_number("mig_erratum", gpu.erratum);
	check_text("readiness_method", gpu.cxl ? "cxl-dvsec" : "bar0");
}

/* Anybody may read them, nobody can write them. */
static void read_only(void)
{
	char path[PATH_MAX];
	struct dirent *entry;
	unsigned int count = 0;
	struct stat info;
	DIR *dir;

	host_pci_path(path, sizeof(path), gpu.bdf, "nvgrace_gpu");
	dir = opendir(path);
	CHECK(dir, "%s: %s", path, strerror(errno));
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		CHECK(!fstatat(dirfd(dir), entry->d_name, &info, 0),
		      "%s: %s", entry->d_name, strerror(errno));
		CHECK((info.st_mode & 07777) == 0444, "%s has mode %o",
		      entry->d_name, info.st_mode);
		count++;
	}
	closedir(dir);
	CHECK_EQ(count, 13);
}

static void readiness(void)
{
	struct vfio dev;
	u64 value;

	check_text("readiness", "ready");
	host_gpu_never_ready(&gpu);
	vfio_open(&dev, &gpu);
	check_text("readiness", "pending");
	host_gpu_set_ready(&gpu, true);
	CHECK_RET(vfio_read(&dev, USEMEM, 0, &value, 8), 8);
	check_text("readiness", "ready");
	CHECK_RET(vfio_reset(&dev), 0);
	check_text("readiness", "pending");
	host_gpu_set_ready(&gpu, true);
	CHECK_RET(vfio_read(&dev, USEMEM, 0, &value, 8), 8);
	check_text("readiness", "ready");
	vfio_close(&dev);
	check_text("readiness", "pending");
}

static void goes_with_driver(void)
{
	CHECK(host_pci_has(gpu.bdf, "nvgrace_gpu"), "no group");
	CHECK_RET(host_unbind(gpu.bdf), 0);
	CHECK(!host_pci_has(gpu.bdf, "nvgrace_gpu"),
	      "the group is there without the driver");
}

static const struct tap_test tests[] = {
	{ "D8 base, sizes, generation and readiness method", values },
	{ "D8 thirteen attributes, all read-only", read_only },
	{ "D8 readiness: ready, pending after open, reset and close", readiness },
	{ "D8 the attributes go when the driver is unbound",
	  goes_with_driver },
};

int main(int argc, char **argv)
{
	return program_run(argc, argv, tests, TAP_COUNT(tests));
}
