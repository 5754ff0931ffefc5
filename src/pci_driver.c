// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCI driver: device ids, probe, remove, module.
 */
#include <linux/module.h>
#include <linux/sysfs.h>

#include "nvgrace_gpu.h"

static int memory_probe(struct nvgrace_gpu *gpu)
{
	int ret;

	ret = nvgrace_memory_failure_init(gpu);
	if (ret)
		return ret;

	ret = nvgrace_readiness_probe(gpu);
	if (ret)
		goto out_flush;

	ret = sysfs_create_group(&gpu->core.pdev->dev.kobj, &nvgrace_attribute_group);
	if (ret)
		goto out_flush;

	return 0;

out_flush:
	nvgrace_watch_flush(gpu);
	return ret;
}

static void memory_remove(struct nvgrace_gpu *gpu)
{
	if (!nvgrace_gpu_has_memory(gpu))
		return;

	nvgrace_watch_flush(gpu);
	sysfs_remove_group(&gpu->core.pdev->dev.kobj, &nvgrace_attribute_group);
}

static int probe(struct pci_dev *pdev)
{
	struct nvgrace_memory_split split;
	const struct vfio_device_ops *ops;
	struct nvgrace_gpu *gpu;
	bool mig_erratum;
	int ret;

	ret = nvgrace_firmware_read(pdev, &split, &mig_erratum);
	if (ret)
		return ret;

	/* No memory: a GPU assigned to the virtual machine we run in. */
	ops = split.usemem.length ? &nvgrace_memory_ops : &nvgrace_plain_ops;
	gpu = vfio_alloc_device(nvgrace_gpu, core.vdev, &pdev->dev, ops);
	if (IS_ERR(gpu))
		return PTR_ERR(gpu);

	dev_set_drvdata(&pdev->dev, &gpu->core);

	ret = nvgrace_decode_init(gpu);
	if (ret)
		goto out_put_device;
	if (split.usemem.length) {
		nvgrace_gpu_init_memory(gpu, &split, mig_erratum);
		ret = memory_probe(gpu);
		if (ret == -EAGAIN)
			ret = nvgrace_retry_later(pdev, gpu->readiness.since);
		if (ret)
			goto out_free_state;
	}

	nvgrace_dmabuf_init(gpu);
	ret = vfio_pci_core_register_device(&gpu->core);
	if (ret)
		goto out_memory_remove;

	nvgrace_msix_init(gpu);
	if (nvgrace_gpu_has_memory(gpu))
		nvgrace_firmware_report(pdev, &split);
	return 0;

out_memory_remove:
	memory_remove(gpu);
out_free_state:
	kfree(gpu->saved_state);
out_put_device:
	vfio_put_device(&gpu->core.vdev);
	return ret;
}

static int nvgrace_pci_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	int ret = probe(pdev);

	if (ret != -EPROBE_DEFER)
		nvgrace_retry_over(pdev);

	return ret;
}

static void nvgrace_pci_remove(struct pci_dev *pdev)
{
	struct nvgrace_gpu *gpu = nvgrace_gpu_from_pci(pdev);

	vfio_pci_core_unregister_device(&gpu->core);
	memory_remove(gpu);
	kfree(gpu->saved_state);
	vfio_put_device(&gpu->core.vdev);
}

/* Only for devices whose driver_override names this driver. */
static const struct pci_device_id nvgrace_pci_table[] = {
	{ PCI_DRIVER_OVERRIDE_DEVICE_VFIO(PCI_VENDOR_ID_NVIDIA, 0x2342) },	/* GH200 120GB */
	{ PCI_DRIVER_OVERRIDE_DEVICE_VFIO(PCI_VENDOR_ID_NVIDIA, 0x2345) },	/* GH200 480GB */
	{ PCI_DRIVER_OVERRIDE_DEVICE_VFIO(PCI_VENDOR_ID_NVIDIA, 0x2348) },	/* GH200 */
	{ PCI_DRIVER_OVERRIDE_DEVICE_VFIO(PCI_VENDOR_ID_NVIDIA, 0x2941) },	/* GB200 */
	{ PCI_DRIVER_OVERRIDE_DEVICE_VFIO(PCI_VENDOR_ID_NVIDIA, 0x31c2) },	/* GB300 */
	{}
};

MODULE_DEVICE_TABLE(pci, nvgrace_pci_table);

static struct pci_driver nvgrace_pci_driver = {
	.name			= KBUILD_MODNAME,
	.id_table		= nvgrace_pci_table,
	.probe			= nvgrace_pci_probe,
	.remove			= nvgrace_pci_remove,
	.err_handler		= &nvgrace_err_handlers,
	.driver_managed_dma	= true,
	/* They wait for nothing while the module is inserted, see retry.c. */
	.driver.probe_type	= PROBE_FORCE_SYNCHRONOUS,
};

static int __init nvgrace_init(void)
{
	int ret = nvgrace_retry_start();

	if (ret)
		return ret;

	ret = pci_register_driver(&nvgrace_pci_driver);
	if (ret)
		nvgrace_retry_stop();
	else
		nvgrace_retry_inserted();

	return ret;
}

static void __exit nvgrace_exit(void)
{
	nvgrace_retry_stop();
	pci_unregister_driver(&nvgrace_pci_driver);
}

module_init(nvgrace_init);
module_exit(nvgrace_exit);

MODULE_LICENSE("GPL");
MODULE_VERSION(NVGRACE_VERSION);
MODULE_AUTHOR("the nvgrace-gpu-vfio-pci authors");
MODULE_DESCRIPTION("VFIO driver for NVIDIA Grace Hopper and Grace Blackwell GPUs with coherent memory");
