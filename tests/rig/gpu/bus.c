// SPDX-License-Identifier: GPL-2.0-only
/*
 * Between the PCI core and the host bridge: configuration accesses to a GPU are
 * answered from its model, and a root port's secondary bus reset is noticed.
 *
 * One set of operations serves bus 0 and the buses below its ports, so a port
 * that is removed and found again (its new bus inherits the operations of bus 0)
 * still leads to a GPU. The PCI core calls these with pci_lock held.
 */
#include "virtual_gpu.h"

/* Where the BAR with the shared memory is on an ivshmem device */
#define IVSHMEM_MEMORY_BAR	PCI_BASE_ADDRESS_2

static struct pci_ops *vgpu_real_ops;
static struct pci_ops vgpu_ops;
static struct vgpu *vgpu_first;
static unsigned int vgpu_count;

static struct vgpu *vgpu_in_slot(unsigned int devfn)
{
	for (unsigned int i = 0; i < vgpu_count; i++) {
		if (PCI_DEVFN(vgpu_first[i].slot, 0) == devfn)
			return &vgpu_first[i];
	}

	return NULL;
}

/* The GPU on @bus, if it is the bus below the root port of one */
static struct vgpu *vgpu_on(struct pci_bus *bus)
{
	if (!bus->self || !pci_is_root_bus(bus->parent))
		return NULL;

	return vgpu_in_slot(bus->self->devfn);
}

/* The GPU below the root port that is function @devfn of @bus, if there is one */
static struct vgpu *vgpu_below(struct pci_bus *bus, unsigned int devfn)
{
	return pci_is_root_bus(bus) ? vgpu_in_slot(devfn) : NULL;
}

/* All that is below the port is the GPU's function 0; the rest only lends memory */
static int vgpu_ops_read(struct pci_bus *bus, unsigned int devfn, int where, int size, u32 *value)
{
	struct vgpu *gpu = vgpu_on(bus);
	unsigned long flags;

	if (!gpu)
		return vgpu_real_ops->read(bus, devfn, where, size, value);

	if (devfn) {
		PCI_SET_ERROR_RESPONSE(value);
		return PCIBIOS_DEVICE_NOT_FOUND;
	}

	raw_spin_lock_irqsave(&gpu->lock, flags);
	if (vgpu_reset_absent(gpu))
		*value = GENMASK(8 * size - 1, 0);
	else
		*value = vgpu_config_read(gpu, where, size);
	raw_spin_unlock_irqrestore(&gpu->lock, flags);

	return PCIBIOS_SUCCESSFUL;
}

static void vgpu_sync_command(struct vgpu *gpu, struct pci_bus *bus, u16 command)
{
	for (unsigned int i = 0; i < VGPU_BARS; i++)
		vgpu_real_ops->write(bus, PCI_DEVFN(0, i), PCI_COMMAND, 2, command);
	gpu->backing_command = command;
}

static void vgpu_sync_bar(struct vgpu *gpu, struct pci_bus *bus, unsigned int index, u64 bar)
{
	unsigned int devfn = PCI_DEVFN(0, index);

	vgpu_real_ops->write(bus, devfn, IVSHMEM_MEMORY_BAR, 4, lower_32_bits(bar));
	vgpu_real_ops->write(bus, devfn, IVSHMEM_MEMORY_BAR + 4, 4, upper_32_bits(bar));
	gpu->backing_bar[index] = bar;
}

/*
 * Give the ivshmem devices the addresses and the decode that the model has now.
 * Only what changed is written: a needless write would take a BAR away from a
 * concurrent access for a moment.
 */
static void vgpu_sync_backing(struct vgpu *gpu, struct pci_bus *bus)
{
	u16 command = vgpu_config_decode(gpu);

	if (gpu->backing_command & ~command & PCI_COMMAND_MEMORY)
		vgpu_sync_command(gpu, bus, command);

	for (unsigned int i = 0; i < VGPU_BARS; i++) {
		u64 bar = vgpu_config_bar(gpu, i);

		if (gpu->backing_bar[i] != bar)
			vgpu_sync_bar(gpu, bus, i, bar);
	}

	if (gpu->backing_command != command)
		vgpu_sync_command(gpu, bus, command);
}

static void vgpu_write(struct vgpu *gpu, struct pci_bus *bus, int where, int size, u32 value)
{
	unsigned int asks;

	if (vgpu_reset_absent(gpu))
		return;

	asks = vgpu_config_write(gpu, where, size, value);
	if (asks & VGPU_CONFIG_RESET)
		vgpu_reset_function(gpu);
	if (asks)
		vgpu_sync_backing(gpu, bus);
}

/* QEMU resets the ivshmem devices when the port's secondary bus reset goes on */
static void vgpu_watch_port(struct vgpu *gpu, struct pci_bus *bus, unsigned int devfn)
{
	u32 control;

	vgpu_real_ops->read(bus, devfn, PCI_BRIDGE_CONTROL, 2, &control);
	vgpu_reset_bus(gpu, control & PCI_BRIDGE_CTL_BUS_RESET);
}

static int vgpu_ops_write(struct pci_bus *bus, unsigned int devfn, int where, int size, u32 value)
{
	struct vgpu *gpu = vgpu_on(bus);
	unsigned long flags;
	int ret;

	if (gpu) {
		if (devfn)
			return PCIBIOS_DEVICE_NOT_FOUND;
		raw_spin_lock_irqsave(&gpu->lock, flags);
		vgpu_write(gpu, bus, where, size, value);
		raw_spin_unlock_irqrestore(&gpu->lock, flags);
		return PCIBIOS_SUCCESSFUL;
	}

	ret = vgpu_real_ops->write(bus, devfn, where, size, value);

	gpu = vgpu_below(bus, devfn);
	if (gpu && where <= PCI_BRIDGE_CONTROL && where + size > PCI_BRIDGE_CONTROL) {
		raw_spin_lock_irqsave(&gpu->lock, flags);
		vgpu_watch_port(gpu, bus, devfn);
		raw_spin_unlock_irqrestore(&gpu->lock, flags);
	}

	return ret;
}

/**
 * vgpu_bus_attach() - start to answer for the GPUs
 * @root: bus 0
 * @gpus: the GPUs, which must stay until vgpu_bus_detach()
 * @count: how many
 *
 * Context: pci_lock_rescan_remove() held; nothing is on the buses of the GPUs.
 */
void vgpu_bus_attach(struct pci_bus *root, struct vgpu *gpus, unsigned int count)
{
	struct pci_bus *bus;

	vgpu_first = gpus;
	vgpu_count = count;
	vgpu_real_ops = root->ops;
	vgpu_ops = *vgpu_real_ops;
	vgpu_ops.read = vgpu_ops_read;
	vgpu_ops.write = vgpu_ops_write;

	pci_bus_set_ops(root, &vgpu_ops);
	list_for_each_entry(bus, &root->children, node)
		pci_bus_set_ops(bus, &vgpu_ops);
}

/**
 * vgpu_bus_detach() - give the buses back to the host bridge
 * @root: bus 0
 *
 * Context: pci_lock_rescan_remove() held.
 */
void vgpu_bus_detach(struct pci_bus *root)
{
	struct pci_bus *bus;

	list_for_each_entry(bus, &root->children, node)
		pci_bus_set_ops(bus, vgpu_real_ops);
	pci_bus_set_ops(root, vgpu_real_ops);
}
