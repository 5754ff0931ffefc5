// SPDX-License-Identifier: GPL-2.0-only
/*
 * virtual_gpu: makes ivshmem devices of a QEMU virtual host look like Grace
 * Hopper GPUs. Insert it before the driver that is to be tested.
 *
 * GPU N (1 to 8) needs these QEMU arguments; addr= is hexadecimal:
 *
 *   -object memory-backend-file,id=barN,mem-path=FILE,size=16M,share=on
 *   -object memory-backend-file,id=aliasN,mem-path=FILE,size=16M,share=on
 *   -object memory-backend-ram,id=bar2-N,size=64M,reserve=off
 *   -object memory-backend-ram,id=bar4-N,size=32M,reserve=off
 *   -device pcie-root-port,id=rpN,bus=pcie.0,addr=N.0,chassis=N
 *   -device ivshmem-plain,memdev=barN,bus=rpN,addr=0.0,multifunction=on
 *   -device ivshmem-plain,memdev=bar2-N,bus=rpN,addr=0.1
 *   -device ivshmem-plain,memdev=bar4-N,bus=rpN,addr=0.2
 *   -device ivshmem-plain,memdev=aliasN,bus=pcie.0,addr=1N.0
 *
 * The three functions below the port become one, with three BARs. FILE is private
 * to one GPU of one QEMU; it is given twice because the module writes the status
 * registers through the alias on bus 0 while BAR0 is out of reach. Without
 * functions 1 and 2, BAR2 and BAR4 have addresses but nothing behind them.
 *
 * Module parameters are lists with one value per GPU, in the order of slots; a
 * GPU without a value has the default.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/pm_runtime.h>
#include <linux/string.h>

#include "virtual_gpu.h"

#define VGPU_IVSHMEM_VENDOR_ID	0x1af4
#define VGPU_IVSHMEM_DEVICE_ID	0x1110
#define VGPU_IVSHMEM_MEMORY	2	/* BAR with the shared memory */
#define VGPU_ALIAS_SLOT		0x10	/* plus the slot of the GPU's root port */
#define VGPU_REGISTERS_SIZE	0x21000	/* reaches past the last status register */

static ushort device_id[VGPU_MAX] = { [0 ... VGPU_MAX - 1] = 0x2342 };
module_param_array(device_id, ushort, NULL, 0444);
MODULE_PARM_DESC(device_id, "PCI device id (default 0x2342)");

static bool erratum[VGPU_MAX] = { [0 ... VGPU_MAX - 1] = true };
module_param_array(erratum, bool, NULL, 0444);
MODULE_PARM_DESC(erratum, "has the MIG erratum (default 1)");

static char *readiness[VGPU_MAX] = { [0 ... VGPU_MAX - 1] = "bar0" };
module_param_array(readiness, charp, NULL, 0444);
MODULE_PARM_DESC(readiness, "where readiness shows: bar0 or cxl (default bar0)");

static uint cxl_timeout[VGPU_MAX];
module_param_array(cxl_timeout, uint, NULL, 0444);
MODULE_PARM_DESC(cxl_timeout, "code of the time for MEM_ACTIVE, 0 to 7 (default 0)");

static int link_ms[VGPU_MAX];
module_param_array(link_ms, int, NULL, 0444);
MODULE_PARM_DESC(link_ms, "milliseconds from reset to link up, -1 for never (default 0)");

static int train_ms[VGPU_MAX] = { [0 ... VGPU_MAX - 1] = 200 };
module_param_array(train_ms, int, NULL, 0444);
MODULE_PARM_DESC(train_ms, "milliseconds from reset to trained memory, -1 for never (default 200)");

static struct vgpu vgpus[VGPU_MAX];
static unsigned int vgpu_count;

static bool vgpu_is_ivshmem(const struct pci_dev *dev)
{
	return dev && dev->vendor == VGPU_IVSHMEM_VENDOR_ID &&
	       dev->device == VGPU_IVSHMEM_DEVICE_ID;
}

/* The function below the root port in @slot, with a reference, or NULL */
static struct pci_dev *vgpu_get_function(struct pci_bus *root, unsigned int slot)
{
	struct pci_dev *port = pci_get_slot(root, PCI_DEVFN(slot, 0));
	struct pci_dev *dev = NULL;

	if (port && port->subordinate)
		dev = pci_get_slot(port->subordinate, PCI_DEVFN(0, 0));
	pci_dev_put(port);

	return dev;
}

static void vgpu_remove_functions(struct pci_bus *root, unsigned int slot)
{
	struct pci_dev *port = pci_get_slot(root, PCI_DEVFN(slot, 0));
	struct pci_dev *dev, *next;

	if (port && port->subordinate) {
		list_for_each_entry_safe(dev, next, &port->subordinate->devices, bus_list)
			pci_stop_and_remove_bus_device(dev);
	}
	pci_dev_put(port);
}

/* What hotplug does when a device arrives; a port with nothing below it may sleep */
static void vgpu_scan_port(struct pci_bus *root, unsigned int slot)
{
	struct pci_dev *port = pci_get_slot(root, PCI_DEVFN(slot, 0));

	if (port && port->subordinate) {
		pm_runtime_get_sync(&port->dev);
		pci_scan_slot(port->subordinate, PCI_DEVFN(0, 0));
		pci_assign_unassigned_bridge_resources(port);
		pcie_bus_configure_settings(port->subordinate);
		pci_bus_add_devices(port->subordinate);
		pm_runtime_put(&port->dev);
	}
	pci_dev_put(port);
}

static int vgpu_map_alias(struct vgpu *gpu, struct pci_bus *root)
{
	struct pci_dev *alias = pci_get_slot(root, PCI_DEVFN(VGPU_ALIAS_SLOT + gpu->slot, 0));
	int ret = -ENODEV;

	if (!vgpu_is_ivshmem(alias)) {
		pr_err("no alias for the GPU in slot %u: add an ivshmem-plain device with addr=%x.0 over the same file\n",
		       gpu->slot, VGPU_ALIAS_SLOT + gpu->slot);
		goto err_put;
	}

	ret = pci_enable_device_mem(alias);
	if (ret) {
		pci_err(alias, "can't enable the alias: %pe\n", ERR_PTR(ret));
		goto err_put;
	}

	gpu->registers = pci_iomap_range(alias, VGPU_IVSHMEM_MEMORY, 0, VGPU_REGISTERS_SIZE);
	if (!gpu->registers) {
		pci_err(alias, "can't map the alias\n");
		ret = -ENOMEM;
		goto err_disable;
	}

	gpu->alias = alias;

	return 0;

err_disable:
	pci_disable_device(alias);
err_put:
	pci_dev_put(alias);

	return ret;
}

static void vgpu_unmap_alias(struct vgpu *gpu)
{
	pci_iounmap(gpu->alias, gpu->registers);
	pci_disable_device(gpu->alias);
	pci_dev_put(gpu->alias);
}

static int vgpu_create(struct pci_bus *root, unsigned int slot)
{
	unsigned int i = vgpu_count;
	struct vgpu *gpu = &vgpus[i];
	int method, ret;

	method = match_string((const char * const[]){ "bar0", "cxl" }, 2, readiness[i]);
	if (method < 0 || cxl_timeout[i] > 7) {
		pr_err("GPU in slot %u: readiness must be bar0 or cxl, cxl_timeout at most 7\n",
		       slot);
		return -EINVAL;
	}

	gpu->slot = slot;
	gpu->device_id = device_id[i];
	gpu->erratum = erratum[i];
	gpu->cxl = method;
	gpu->cxl_timeout = cxl_timeout[i];
	raw_spin_lock_init(&gpu->lock);

	ret = vgpu_map_alias(gpu, root);
	if (ret)
		return ret;

	/* Whatever firmware left in the ivshmem devices is to be overwritten */
	memset(gpu->backing_bar, 0xff, sizeof(gpu->backing_bar));
	gpu->backing_command = PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;

	vgpu_config_init(gpu);
	vgpu_readiness_init(gpu, link_ms[i], train_ms[i]);
	vgpu_count++;

	return 0;
}

static void vgpu_destroy_all(void)
{
	while (vgpu_count) {
		struct vgpu *gpu = &vgpus[--vgpu_count];

		vgpu_readiness_exit(gpu);
		vgpu_unmap_alias(gpu);
	}
}

static int vgpu_create_all(struct pci_bus *root)
{
	for (unsigned int slot = 1; slot <= VGPU_MAX; slot++) {
		struct pci_dev *dev = vgpu_get_function(root, slot);
		bool found = vgpu_is_ivshmem(dev);
		int ret;

		pci_dev_put(dev);
		if (!found)
			continue;

		ret = vgpu_create(root, slot);
		if (ret) {
			vgpu_destroy_all();
			return ret;
		}
	}

	if (!vgpu_count) {
		pr_err("no ivshmem device below a root port in slots 1 to %u of bus 0\n", VGPU_MAX);
		return -ENODEV;
	}

	return 0;
}

/* From here on the PCI core, and with it everybody, sees the GPU */
static void vgpu_show(struct pci_bus *root, struct vgpu *gpu)
{
	struct pci_dev *dev;

	vgpu_scan_port(root, gpu->slot);
	dev = vgpu_get_function(root, gpu->slot);
	if (dev)
		vgpu_debugfs_add(gpu, pci_name(dev));
	else
		pr_err("the PCI core does not find the GPU in slot %u\n", gpu->slot);
	pci_dev_put(dev);
}

static int __init vgpu_module_init(void)
{
	struct pci_bus *root = pci_find_bus(0, 0);
	int ret;

	if (!root) {
		pr_err("no PCI bus 0\n");
		return -ENODEV;
	}

	ret = vgpu_readiness_module_init();
	if (ret)
		return ret;

	pci_lock_rescan_remove();

	ret = vgpu_create_all(root);
	if (ret)
		goto err_unlock;

	vgpu_debugfs_module_init();

	for (unsigned int i = 0; i < vgpu_count; i++)
		vgpu_remove_functions(root, vgpus[i].slot);
	vgpu_bus_attach(root, vgpus, vgpu_count);
	for (unsigned int i = 0; i < vgpu_count; i++)
		vgpu_show(root, &vgpus[i]);

	pci_unlock_rescan_remove();

	return 0;

err_unlock:
	pci_unlock_rescan_remove();
	vgpu_readiness_module_exit();

	return ret;
}

static void __exit vgpu_module_exit(void)
{
	struct pci_bus *root = pci_find_bus(0, 0);

	pci_lock_rescan_remove();
	for (unsigned int i = 0; i < vgpu_count; i++)
		vgpu_remove_functions(root, vgpus[i].slot);
	vgpu_bus_detach(root);
	for (unsigned int i = 0; i < vgpu_count; i++)
		vgpu_scan_port(root, vgpus[i].slot);
	pci_unlock_rescan_remove();

	vgpu_debugfs_module_exit();
	vgpu_destroy_all();
	vgpu_readiness_module_exit();
}

module_init(vgpu_module_init);
module_exit(vgpu_module_exit);
MODULE_DESCRIPTION("Virtual Grace Hopper GPUs for testing");
MODULE_LICENSE("GPL");
