/* SPDX-License-Identifier: GPL-2.0-only */
/* QEMU's command line for a guest. */
#ifndef ABI_VM_QEMU_H
#define ABI_VM_QEMU_H

/* Its name for the iommufd of guests that are VM_CDEV. */
#define VM_QEMU_IOMMUFD "iommufd0"

/*
 * Becomes QEMU, see vm_start(); agent and qmp are sockets. Returns if there is no
 * QEMU.
 */
void vm_qemu_exec(unsigned int kind, unsigned int gpus, int agent, int qmp);

#endif
