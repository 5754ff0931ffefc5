// SPDX-License-Identifier: GPL-2.0-only
/* QEMU's command line for a guest. */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "tap.h"
#include "vm.h"
#include "vm_qemu.h"

#define QEMU "/usr/bin/qemu-system-aarch64"
#define GUEST_KERNEL "/rig/guest/kernel"
#define GUEST_INITRD "/rig/guest/initrd"
#define GUEST_FIRMWARE "/rig/guest/firmware"

#define ARGUMENTS_MAX 64

/* QEMU's arguments, one after the other; texts that were put together stay. */
struct command {
	char *list[ARGUMENTS_MAX];
	unsigned int count;
};

[[gnu::format(printf, 2, 3)]]
static void argument(struct command *command, const char *format, ...)
{
	va_list args;
	int ret;

	CHECK(command->count < ARGUMENTS_MAX - 1, "too many arguments");
	va_start(args, format);
	ret = vasprintf(&command->list[command->count++], format, args);
	va_end(args);
	CHECK(ret >= 0, "no memory");
}

static void option(struct command *command, const char *name, const char *value)
{
	argument(command, "%s", name);
	argument(command, "%s", value);
}

static void add_gpu(struct command *command, unsigned int kind,
		    unsigned int slot)
{
	argument(command, "-device");
	argument(command, "vfio-pci,id=gpu%u,host=%s,bus=port%u%s", slot,
		 gpu_get(slot).bdf, slot,
		 kind & VM_CDEV ? ",iommufd=" VM_QEMU_IOMMUFD : "");
}

/* An empty root port stays where a GPU can be plugged. */
static void add_port(struct command *command, unsigned int slot)
{
	argument(command, "-device");
	argument(command, "pcie-root-port,id=port%u,addr=%u.0,chassis=%u", slot,
		 slot, slot);
}

static void add_socket(struct command *command, const char *id, int fd)
{
	argument(command, "-chardev");
	argument(command, "socket,id=%s,fd=%d", id, fd);
}

void vm_qemu_exec(unsigned int kind, unsigned int gpus, int agent, int qmp)
{
	struct command command = { 0 };
	unsigned int slot;

	option(&command, QEMU, "-no-user-config");
	option(&command, "-nodefaults", "-nographic");
	if (kind & VM_FIRMWARE) {
		option(&command, "-machine", "virt,gic-version=3,ras=on");
		option(&command, "-bios", GUEST_FIRMWARE);
	} else {
		option(&command, "-machine", "virt,gic-version=3");
	}
	option(&command, "-accel", "kvm");
	option(&command, "-cpu", "host");
	option(&command, "-m", "256M");
	option(&command, "-kernel", GUEST_KERNEL);
	option(&command, "-initrd", GUEST_INITRD);
	/*
	 * Only warnings and worse: each character leaves the guest.  A root port
	 * that sleeps in D3hot, as newer kernels let it, sees no GPU plugged in.
	 * A CPU in two emulations stands still for half a minute on a busy
	 * machine: that is no lockup.
	 */
	option(&command, "-append",
	       "console=ttyAMA0 loglevel=5 panic=-1 pcie_port_pm=off watchdog_thresh=60");
	option(&command, "-serial", "file:/proc/self/fd/1");
	add_socket(&command, "agent", agent);
	option(&command, "-serial", "chardev:agent");
	add_socket(&command, "qmp", qmp);
	option(&command, "-object", "monitor-qmp,id=monitor,chardev=qmp");
	if (kind & VM_IOMMU)
		option(&command, "-device", "virtio-iommu-pci,addr=1f.0");
	if (kind & VM_CDEV)
		option(&command, "-object", "iommufd,id=" VM_QEMU_IOMMUFD);
	for (slot = 1; slot <= gpu_count(); slot++) {
		add_port(&command, slot);
		if (gpus & 1U << (slot - 1))
			add_gpu(&command, kind, slot);
	}
	execv(QEMU, command.list);
}
