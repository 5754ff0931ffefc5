// SPDX-License-Identifier: GPL-2.0-only
/* Binding, control of the virtual GPU, facts about the kernel. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host.h"
#include "tap.h"

#define CONTROL_DIR "/sys/kernel/debug/virtual_gpu"

int host_read(const char *path, char *text, size_t len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	if (fd < 0)
		return -errno;
	got = tap_sys(read(fd, text, len - 1));
	close(fd);
	if (got < 0)
		return got;
	text[got] = '\0';
	if (got && text[got - 1] == '\n')
		text[got - 1] = '\0';
	return 0;
}

int host_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t put;

	if (fd < 0)
		return -errno;
	put = tap_sys(write(fd, text, strlen(text)));
	close(fd);
	return put < 0 ? put : 0;
}

void host_pci_path(char *path, size_t len, const char *bdf, const char *file)
{
	snprintf(path, len, "/sys/bus/pci/devices/%s/%s", bdf, file);
}

int host_pci_read(const char *bdf, const char *file, char *text, size_t len)
{
	char path[PATH_MAX];

	host_pci_path(path, sizeof(path), bdf, file);
	return host_read(path, text, len);
}

int host_pci_write(const char *bdf, const char *file, const char *text)
{
	char path[PATH_MAX];

	host_pci_path(path, sizeof(path), bdf, file);
	return host_write(path, text);
}

bool host_pci_has(const char *bdf, const char *file)
{
	char path[PATH_MAX];

	host_pci_path(path, sizeof(path), bdf, file);
	return !access(path, F_OK);
}

/* The last part of what a link in the device's directory points to. */
static bool link_name(const char *bdf, const char *link, char *name, size_t len)
{
	char path[PATH_MAX], target[PATH_MAX];
	ssize_t got;

	host_pci_path(path, sizeof(path), bdf, link);
	got = readlink(path, target, sizeof(target) - 1);
	if (got < 0)
		return false;
	target[got] = '\0';
	snprintf(name, len, "%s", strrchr(target, '/') + 1);
	return true;
}

void host_driver(const char *bdf, char *name, size_t len)
{
	if (!link_name(bdf, "driver", name, len))
		*name = '\0';
}

int host_bind(const char *bdf, const char *driver)
{
	char path[PATH_MAX];
	int ret;

	ret = host_pci_write(bdf, "driver_override", driver);
	if (ret)
		return ret;
	snprintf(path, sizeof(path), "/sys/bus/pci/drivers/%s/bind", driver);
	return host_write(path, bdf);
}

int host_unbind(const char *bdf)
{
	int ret = host_pci_write(bdf, "driver/unbind", bdf);

	host_pci_write(bdf, "driver_override", "\n");
	return ret == -ENOENT ? 0 : ret;
}

void host_rebind(const char *bdf, const char *driver)
{
	CHECK_RET(host_unbind(bdf), 0);
	CHECK_RET(host_bind(bdf, driver), 0);
}

/* Config space of the function itself, past VFIO: bits of a register change. */
static void change_register(const char *bdf, int at, u16 clear, u16 set)
{
	char path[PATH_MAX];
	u16 value;
	int fd;

	host_pci_path(path, sizeof(path), bdf, "config");
	fd = open(path, O_RDWR | O_CLOEXEC);
	CHECK(fd >= 0, "%s cannot be opened", path);
	CHECK_RET(tap_sys(pread(fd, &value, 2, at)), 2);
	value = (value & ~clear) | set;
	CHECK_RET(tap_sys(pwrite(fd, &value, 2, at)), 2);
	close(fd);
}

void host_lose_registers(const char *bdf, u8 express)
{
	change_register(bdf, express + PCI_EXP_DEVCTL, 0, PCI_EXP_DEVCTL_BCR_FLR);
}

void host_lose_decode(const char *bdf)
{
	change_register(bdf, PCI_COMMAND, PCI_COMMAND_MEMORY, 0);
}

int host_insert(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int ret;

	if (fd < 0)
		return -errno;
	ret = tap_sys(syscall(SYS_finit_module, fd, "", 0));
	close(fd);
	return ret;
}

int host_remove_driver(void)
{
	return tap_sys(syscall(SYS_delete_module, DRIVER, O_NONBLOCK));
}

int host_group(const char *bdf)
{
	char name[NAME_MAX];

	if (!link_name(bdf, "iommu_group", name, sizeof(name)))
		return -ENOENT;
	return atoi(name);
}

static void control_path(char *path, size_t len, const char *bdf,
			 const char *file)
{
	snprintf(path, len, "%s/%s/%s", CONTROL_DIR, bdf, file);
}

void host_control_set(const char *bdf, const char *file, long value)
{
	char path[PATH_MAX], text[32];
	int ret;

	control_path(path, sizeof(path), bdf, file);
	snprintf(text, sizeof(text), "%ld", value);
	ret = host_write(path, text);
	CHECK(!ret, "%s: %s", path, strerror(-ret));
}

long host_control_get(const char *bdf, const char *file)
{
	char path[PATH_MAX], text[32];
	int ret;

	control_path(path, sizeof(path), bdf, file);
	ret = host_read(path, text, sizeof(text));
	CHECK(!ret, "%s: %s", path, strerror(-ret));
	return strtol(text, NULL, 0);
}

/* The two status files of this GPU, and the value that means ready. */
static const char *link_file(const struct gpu *gpu)
{
	return gpu->cxl ? "mem_info_valid" : "link";
}

static const char *training_file(const struct gpu *gpu)
{
	return gpu->cxl ? "mem_active" : "training";
}

static long ready_value(const struct gpu *gpu)
{
	return gpu->cxl ? 1 : READY_VALUE;
}

void host_gpu_never_ready(const struct gpu *gpu)
{
	host_control_set(gpu->bdf, "train_ms", -1);
}

void host_gpu_set_ready(const struct gpu *gpu, bool ready)
{
	long value = ready ? ready_value(gpu) : 0;

	host_control_set(gpu->bdf, link_file(gpu), value);
	host_control_set(gpu->bdf, training_file(gpu), value);
}

bool host_gpu_is_ready(const struct gpu *gpu)
{
	long value = ready_value(gpu);

	return host_control_get(gpu->bdf, link_file(gpu)) == value &&
	       host_control_get(gpu->bdf, training_file(gpu)) == value;
}

void host_gpu_restore(const struct gpu *gpu)
{
	CHECK_RET(host_pci_write(gpu->bdf, "reset_method", "default"), 0);
	host_control_set(gpu->bdf, "gone", 0);
	host_control_set(gpu->bdf, "reset_fails", 0);
	host_control_set(gpu->bdf, "soft_reset", 0);
	host_control_set(gpu->bdf, "no_length", 0);
	host_control_set(gpu->bdf, "link_ms", gpu->link_ms);
	host_control_set(gpu->bdf, "train_ms", gpu->train_ms);
	host_gpu_set_ready(gpu, true);
}

bool host_has_symbol(const char *name)
{
	FILE *file = fopen("/proc/kallsyms", "r");
	char line[512], got[256];
	bool found = false;

	CHECK(file, "/proc/kallsyms: %s", strerror(errno));
	while (!found && fgets(line, sizeof(line), file))
		found = sscanf(line, "%*s %*s %255s", got) == 1 &&
			!strcmp(got, name);
	fclose(file);
	return found;
}

/* Only a core that zaps mappings by its list has to be told of new ones. */
bool host_maps_on_fault(void)
{
	static int list = -1;

	if (list < 0)
		list = host_has_symbol("vfio_pci_mmap_open");
	return !list;
}

long host_gpu_number(const struct gpu *gpu, const char *file)
{
	char path[64], text[32], *end;
	long value;

	snprintf(path, sizeof(path), "nvgrace_gpu/%s", file);
	CHECK_RET(host_pci_read(gpu->bdf, path, text, sizeof(text)), 0);
	value = strtol(text, &end, 10);
	CHECK(*text && !*end, "%s is '%s'", file, text);
	return value;
}

int host_memory_error(u64 address)
{
	char text[32];

	snprintf(text, sizeof(text), "%#llx", address);
	return host_write("/sys/devices/system/memory/hard_offline_page", text);
}

void host_quiet(bool quiet)
{
	CHECK_RET(host_write("/proc/sys/kernel/printk", quiet ? "1" : "7"), 0);
}

size_t host_page_size(void)
{
	return sysconf(_SC_PAGESIZE);
}

/* A page table page holds 8-byte entries. */
size_t host_pmd_size(void)
{
	return host_page_size() / 8 * host_page_size();
}

/*
 * Huge pfnmaps came together with that function, and are there where there are
 * transparent huge pages, which a PREEMPT_RT kernel has not.
 */
size_t host_largest_leaf(void)
{
	static int huge = -1;

	if (huge < 0)
		huge = host_has_symbol("follow_pfnmap_start") &&
		       !access("/sys/kernel/mm/transparent_hugepage", F_OK);
	return huge ? host_pmd_size() : host_page_size();
}
