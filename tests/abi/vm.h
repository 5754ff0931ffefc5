/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A KVM guest: QEMU with GPUs of the host, the guest's first program
 * (guest_init.c) at the other end of its second serial port, and QMP.
 *
 * What the guest's kernel and QEMU say goes to the kernel log of the host, so
 * that it is judged with it.
 *
 * A guest started in main() lives on from test to test; one started in a test
 * ends with it.
 */
#ifndef ABI_VM_H
#define ABI_VM_H

#include <sys/types.h>

#include "gpu.h"

/**
 * struct vm - a guest
 * @name: what it is called in the log
 * @kind: bits of enum vm_kind
 * @pidfd: of QEMU
 * @pid: of QEMU
 * @agent: socket, a line for each command and answer
 * @qmp: socket, a line for each JSON object
 */
struct vm {
	const char *name;
	unsigned int kind;
	int pidfd;
	pid_t pid;
	int agent;
	int qmp;
};

/**
 * enum vm_kind - what is special about a guest, bits
 * @VM_IOMMU: it has an IOMMU of its own
 * @VM_CDEV: QEMU has the GPUs by their cdevs and an iommufd, not by group
 * @VM_FIRMWARE: it has firmware, and is told of memory errors
 */
enum vm_kind {
	VM_PLAIN = 0,
	VM_IOMMU = 1 << 0,
	VM_CDEV = 1 << 1,
	VM_FIRMWARE = 1 << 2,
};

/*
 * Starts QEMU with the GPUs whose bits are set (bit 0: the one in slot 1).
 * Each is behind a root port of its own, and so at the same PCI address as on
 * the host.
 */
void vm_start(struct vm *vm, const char *name, unsigned int kind,
	      unsigned int gpus);

/*
 * Waits for the guest to be up; also after a reboot. QEMU has the GPUs then, in
 * the way that it was told to.
 */
void vm_wait_up(struct vm *vm);

/* Sends the guest a command that it will not answer any more. */
void vm_send(struct vm *vm, const char *command);

/* Has the guest run a command: it must succeed. */
[[gnu::format(printf, 2, 3)]]
void vm_run(struct vm *vm, const char *format, ...);

/* A QMP command; arguments are a JSON object. */
void vm_qmp(struct vm *vm, const char *command, const char *arguments);

/* Waits for a line of QMP that has both texts in it. */
void vm_qmp_wait(struct vm *vm, const char *text, const char *more);

/* A GPU leaves a guest that runs, and comes again. */
void vm_unplug(struct vm *vm, unsigned int slot);
void vm_plug(struct vm *vm, unsigned int slot);

/* QEMU ends by itself, before long. */
void vm_wait_end(struct vm *vm);

/* SIGKILL; returns when QEMU is gone and has closed everything. */
void vm_kill(struct vm *vm);

/* True if a thread of QEMU waits in the driver until the GPU is ready. */
bool vm_waits_for_readiness(const struct vm *vm);

#endif
