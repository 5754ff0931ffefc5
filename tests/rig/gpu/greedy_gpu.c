// SPDX-License-Identifier: GPL-2.0-only
/*
 * A GPU driver that takes every NVIDIA 3D controller it can get, as nvidia.ko and
 * nouveau do, and does nothing with it: to see who is first. Its modalias has udev
 * load it wherever there is such a device.
 */
#include <linux/module.h>
#include <linux/pci.h>

static int greedy_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	pci_info(pdev, "greedy_gpu has it\n");
	return 0;
}

static const struct pci_device_id greedy_table[] = {
	{
		.vendor = PCI_VENDOR_ID_NVIDIA, .device = PCI_ANY_ID,
		.subvendor = PCI_ANY_ID, .subdevice = PCI_ANY_ID,
		.class = PCI_CLASS_DISPLAY_3D << 8, .class_mask = 0xffffff,
	},
	{}
};
MODULE_DEVICE_TABLE(pci, greedy_table);

static struct pci_driver greedy_driver = {
	.name = "greedy_gpu",
	.id_table = greedy_table,
	.probe = greedy_probe,
};
module_pci_driver(greedy_driver);

MODULE_DESCRIPTION("GPU driver that takes every NVIDIA GPU");
MODULE_LICENSE("GPL");
