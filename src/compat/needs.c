// SPDX-License-Identifier: GPL-2.0-only
/*
 * The second half of features.c: what every kernel has, in the form that the
 * driver uses.
 */

/* VFIO's device, its operations and their arguments */
NEEDED(vfio)
{
	const struct vfio_device_ops ops = {
		.init		= vfio_pci_core_init_dev,
		.release	= vfio_pci_core_release_dev,
		.close_device	= vfio_pci_core_close_device,
		.ioctl		= vfio_pci_core_ioctl,
		.device_feature	= vfio_pci_core_ioctl_feature,
		.read		= vfio_pci_core_read,
		.write		= vfio_pci_core_write,
		.mmap		= vfio_pci_core_mmap,
		.request	= vfio_pci_core_request,
		.match		= vfio_pci_core_match,
	};
	int (*open)(struct vfio_device *) = ops.open_device;
	long (*ioctl)(struct vfio_device *, unsigned int, unsigned long) = ops.ioctl;
	int (*feature)(struct vfio_device *, u32, void __user *, size_t) = ops.device_feature;
	ssize_t (*read)(struct vfio_device *, char __user *, size_t, loff_t *) = ops.read;
	ssize_t (*write)(struct vfio_device *, const char __user *, size_t, loff_t *) = ops.write;
	int (*mmap)(struct vfio_device *, struct vm_area_struct *) = ops.mmap;
	int (*add)(struct vfio_info_cap *, struct vfio_info_cap_header *, size_t) =
		vfio_info_add_capability;
	struct wrapper {
		struct vfio_device device;
	} *new = vfio_alloc_device(wrapper, device, (struct device *)NULL, &ops);
	struct vfio_device *device = &new->device;

	device->ops = &ops;
	vfio_put_device(device);
	EXPORTED(_vfio_alloc_device);
	EXPORTED(vfio_info_add_capability);
}

/* vfio-pci-core's device */
NEEDED(vfio_pci_core_device)
{
	struct vfio_pci_core_device core;
	struct vfio_device *device = &core.vdev;
	struct pci_dev **pdev = &core.pdev;
	struct rw_semaphore *lock = &core.memory_lock;
#ifdef CONFIG_PREEMPT_RT
	struct task_struct **owner = &lock->rwbase.rtmutex.owner;
#else
	atomic_long_t *owner = &lock->owner;
#endif
	bool engaged = core.pm_runtime_engaged;
	u8 *vconfig = core.vconfig;
}

/* vfio-pci-core's functions */
NEEDED(vfio_pci_core)
{
	int (*enable)(struct vfio_pci_core_device *) = vfio_pci_core_enable;
	void (*finish_enable)(struct vfio_pci_core_device *) = vfio_pci_core_finish_enable;
	void (*disable)(struct vfio_pci_core_device *) = vfio_pci_core_disable;
	int (*add)(struct vfio_pci_core_device *) = vfio_pci_core_register_device;
	void (*remove)(struct vfio_pci_core_device *) = vfio_pci_core_unregister_device;

	EXPORTED(vfio_pci_core_init_dev);
	EXPORTED(vfio_pci_core_release_dev);
	EXPORTED(vfio_pci_core_close_device);
	EXPORTED(vfio_pci_core_ioctl);
	EXPORTED(vfio_pci_core_ioctl_feature);
	EXPORTED(vfio_pci_core_read);
	EXPORTED(vfio_pci_core_write);
	EXPORTED(vfio_pci_core_mmap);
	EXPORTED(vfio_pci_core_request);
	EXPORTED(vfio_pci_core_match);
	EXPORTED(vfio_pci_core_enable);
	EXPORTED(vfio_pci_core_finish_enable);
	EXPORTED(vfio_pci_core_disable);
	EXPORTED(vfio_pci_core_register_device);
	EXPORTED(vfio_pci_core_unregister_device);
	EXPORTED(vfio_pci_core_aer_err_detected);
}

/* PCI: the driver, resets, DVSECs */
NEEDED(pci)
{
	const struct pci_error_handlers handlers = {
		.error_detected = vfio_pci_core_aer_err_detected,
	};
	void (*resume)(struct pci_dev *) = handlers.resume;
	void (*prepare)(struct pci_dev *) = handlers.reset_prepare;
	void (*done)(struct pci_dev *) = handlers.reset_done;
	const struct pci_device_id id = { PCI_DRIVER_OVERRIDE_DEVICE_VFIO(0, 0) };
	const struct pci_driver driver = {
		.driver_managed_dma = true,
		.driver.probe_type = PROBE_PREFER_ASYNCHRONOUS,
	};
	int (*probe)(struct pci_dev *, const struct pci_device_id *) = driver.probe;
	void (*remove)(struct pci_dev *) = driver.remove;
	u16 (*dvsec)(struct pci_dev *, u16, u16) = pci_find_dvsec_capability;
	int (*request)(struct pci_dev *, int, const char *) = pci_request_selected_regions;

	struct pci_dev *pdev = NULL;
	void __iomem *(*map)(struct pci_dev *, int, unsigned long) = pci_iomap;

	(void)PCI_POSSIBLE_ERROR(0);
	(void)(pdev->msi_cap + pdev->msi_enabled + pdev->cfg_size + pdev->current_state +
	       pdev->block_cfg_access);
	(void)&pci_enable_device;
	(void)&pci_disable_device;
	(void)&pci_release_selected_regions;
	(void)&pci_iounmap;
	EXPORTED(pci_load_saved_state);
	EXPORTED(pci_store_saved_state);
	EXPORTED(pci_cfg_access_lock);
	EXPORTED(pci_cfg_access_unlock);
	EXPORTED(pci_find_dvsec_capability);
	EXPORTED(pci_request_selected_regions);
}

/* mappings of memory without struct page */
NEEDED(mm)
{
	vm_fault_t (*insert)(struct vm_area_struct *, unsigned long, unsigned long) =
		vmf_insert_pfn;
	void (*unmap)(struct address_space *, loff_t, loff_t, int) = unmap_mapping_range;
	void *(*map)(resource_size_t, size_t, unsigned long) = memremap;
	size_t (*readable)(const char __user *, size_t) = fault_in_readable;
	size_t (*writeable)(const char __user *, size_t) = fault_in_safe_writeable;
	struct vm_fault fault;
	const struct vm_operations_struct ops;
	vm_fault_t (*page_fault)(struct vm_fault *) = ops.fault;
#ifdef CONFIG_ARCH_SUPPORTS_HUGE_PFNMAP
	vm_fault_t (*huge_fault)(struct vm_fault *, unsigned int) = ops.huge_fault;
#endif
	pmd_t **pmd = &fault.pmd;
	pud_t **pud = &fault.pud;
	unsigned long *real_address = &fault.real_address;
	gfp_t gfp_mask = fault.gfp_mask;
	pgoff_t pgoff = fault.pgoff + fault.vma->vm_pgoff;
	bool retry = fault.flags & (FAULT_FLAG_ALLOW_RETRY | FAULT_FLAG_RETRY_NOWAIT);
	pgprot_t prot = pgprot_writecombine(fault.vma->vm_page_prot);
	struct file *file = get_file(fault.vma->vm_file);
	const struct vm_operations_struct **vm_ops = &fault.vma->vm_ops;
	void **data = &fault.vma->vm_private_data;

	EXPORTED(vmf_insert_pfn);
	EXPORTED(unmap_mapping_range);
	EXPORTED(memremap);
	EXPORTED(memunmap);
	EXPORTED(fault_in_readable);
	EXPORTED(fault_in_safe_writeable);
}

/* a fault of a huge leaf may hold the lock of its VMA: then it has to be let go */
NEEDED(fault_lock)
{
#if defined(CONFIG_ARCH_SUPPORTS_HUGE_PFNMAP) && defined(CONFIG_PER_VMA_LOCK)
	(void)&release_fault_lock;
#endif
}

/* power, attributes, messages */
NEEDED(device)
{
	struct device *dev = NULL;
	int get = pm_runtime_resume_and_get(dev);
	struct device_attribute attribute;
	ssize_t (*show)(struct device *, struct device_attribute *, char *) = attribute.show;
	char text[16];

	pm_runtime_put(dev);
	string_get_size((u64)1, (u64)1, STRING_UNITS_2, text, (int)sizeof(text));
}

/* firmware's properties, and what is System RAM */
NEEDED(firmware)
{
	u64 value;
	bool present = device_property_present((struct device *)NULL, "");
	int count = device_property_count_u64((struct device *)NULL, "");
	int read = device_property_read_u64((struct device *)NULL, "", &value);
	int (*intersects)(resource_size_t, size_t, unsigned long, unsigned long) =
		region_intersects;

	EXPORTED(region_intersects);
}

/* The compiler has come to the end: without this error, others may be missing. */
LAST
{
#error the end
}
