// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a kernel can do, as questions for its compiler.  No part of the module:
 * probe.sh has this file compiled once, with the flags of the module, and sees
 * from the lines that errors are in which questions have the answer no.
 *
 * FEATURE(NAME)   defines COMPAT_HAVE_NAME where it compiles.  Where only what
 *                 stands below KNOWN_FORM fails, the kernel has the feature in
 *                 a form that this version does not know: the build stops.
 * NEEDED(name)    has to compile, or the build stops.
 * ONE_OF(A, B)    exactly one of these features is there, or the build stops.
 * EXPORTED(name)  in one of these: also one of the kernel's symbols for modules.
 *
 * The comment right above a question says what it is about.  A function is asked
 * for by its address: gcc complains of a call to one that is not declared only
 * once in a file.
 */
#include <linux/device.h>
#include <linux/interval_tree.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pagemap.h>
#include <linux/pci.h>
#include <linux/pgtable.h>
#include <linux/pm_runtime.h>
#include <linux/property.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/string_helpers.h>
#include <linux/uaccess.h>
#include <linux/vfio.h>
#include <linux/vfio_pci_core.h>

#if __has_include("linux/dma-buf.h")
#include <linux/dma-buf.h>
#endif
#if __has_include("linux/memory-failure.h")
#include <linux/memory-failure.h>
#endif
#if __has_include("linux/pci-p2pdma.h")
#include <linux/pci-p2pdma.h>
#endif
#if __has_include("linux/pfn_t.h")
#include <linux/pfn_t.h>
#endif

#define FEATURE(name)		static void __maybe_unused feature_##name(void)
#define NEEDED(name)		static void __maybe_unused needed_##name(void)
#define ONE_OF(...)
#define KNOWN_FORM
#define EXPORTED(symbol)	((void)&(symbol))

/*
 * Op tables.
 */

/* a hook describes regions; else compat/ answers the ioctl */
FEATURE(GET_REGION_INFO_CAPS)
{
	struct vfio_device_ops ops;

	(void)ops.get_region_info_caps;
	EXPORTED(vfio_pci_ioctl_get_region_info);
	KNOWN_FORM;
	ops.get_region_info_caps = vfio_pci_ioctl_get_region_info;
	int (*hook)(struct vfio_device *, struct vfio_region_info *, struct vfio_info_cap *) =
		ops.get_region_info_caps;
}

/* the token of a virtual function is compared as a UUID */
FEATURE(MATCH_TOKEN_UUID)
{
	struct vfio_device_ops ops;

	(void)ops.match_token_uuid;
	EXPORTED(vfio_pci_core_match_token_uuid);
	KNOWN_FORM;
	ops.match_token_uuid = vfio_pci_core_match_token_uuid;
}

/* devices can be in an iommufd */
FEATURE(IOMMUFD_OPS)
{
	struct vfio_device_ops ops;

	(void)ops.bind_iommufd;
	KNOWN_FORM;
	ops.bind_iommufd = vfio_iommufd_physical_bind;
	ops.unbind_iommufd = vfio_iommufd_physical_unbind;
	ops.attach_ioas = vfio_iommufd_physical_attach_ioas;
}

/* they can leave an I/O address space without leaving the iommufd */
FEATURE(IOMMUFD_DETACH)
{
	struct vfio_device_ops ops;

	(void)ops.detach_ioas;
	KNOWN_FORM;
	ops.detach_ioas = vfio_iommufd_physical_detach_ioas;
}

/* the same for each PASID */
FEATURE(IOMMUFD_PASID)
{
	struct vfio_device_ops ops;

	(void)ops.pasid_attach_ioas;
	KNOWN_FORM;
	ops.pasid_attach_ioas = vfio_iommufd_physical_pasid_attach_ioas;
	ops.pasid_detach_ioas = vfio_iommufd_physical_pasid_detach_ioas;
}

/* the core exports dma-bufs, of what the driver's pci_ops describe */
FEATURE(VFIO_PCI_OPS)
{
	struct vfio_pci_core_device core;
	struct vfio_pci_device_ops ops;

	(void)core.pci_ops;
	(void)ops.get_dmabuf_phys;
	KNOWN_FORM;
	core.pci_ops = &ops;
	ops.get_dmabuf_phys = vfio_pci_core_get_dmabuf_phys;
	(void)sizeof(vfio_pci_core_fill_phys_vec(NULL, (struct vfio_region_dma_range *)NULL,
						 (size_t)1, (phys_addr_t)0, (phys_addr_t)1));
	struct p2pdma_provider *(*provider)(struct pci_dev *, int) = pcim_p2pdma_provider;
}

/* struct phys_vec has its first name */
FEATURE(DMA_BUF_PHYS_VEC)
{
	(void)sizeof(struct dma_buf_phys_vec);
}

/*
 * Mappings, and how a reset takes them away.
 */

/* the core zaps by offset in the device's own inode */
FEATURE(VFIO_DEVICE_INODE)
{
	struct vfio_device device;

	(void)device.inode;
	KNOWN_FORM;
	struct address_space *mapping = device.inode->i_mapping;
}

/* the core zaps what is on its list */
FEATURE(VFIO_PCI_VMA_LIST)
{
	struct vfio_pci_core_device core;

	(void)core.vma_list;
	KNOWN_FORM;
	struct list_head *list = &core.vma_list;
	struct mutex *lock = &core.vma_lock;
	void (*zap)(struct vm_area_struct *, unsigned long, unsigned long) = zap_vma_ptes;
}

ONE_OF(VFIO_DEVICE_INODE, VFIO_PCI_VMA_LIST)

/* flags of a VMA are set by function */
FEATURE(VM_FLAGS_SET)
{
	(void)&vm_flags_set;
	KNOWN_FORM;
	vm_flags_set((struct vm_area_struct *)NULL, VM_IO);
}

/* KVM may map Normal-NC in a guest */
FEATURE(VM_ALLOW_ANY_UNCACHED)
{
	(void)VM_ALLOW_ANY_UNCACHED;
}

/* a fault may hold the lock of its VMA in place of mmap_lock */
FEATURE(RELEASE_FAULT_LOCK)
{
	(void)&release_fault_lock;
	KNOWN_FORM;
	release_fault_lock((struct vm_fault *)NULL);
}

/* huge leaves are inserted by page frame number, or there are none */
FEATURE(PFNMAP_PFN)
{
#ifdef CONFIG_ARCH_SUPPORTS_PMD_PFNMAP
	vm_fault_t (*insert)(struct vm_fault *, unsigned long, bool) = vmf_insert_pfn_pmd;
#endif
#ifdef CONFIG_ARCH_SUPPORTS_PUD_PFNMAP
	vm_fault_t (*insert_pud)(struct vm_fault *, unsigned long, bool) = vmf_insert_pfn_pud;
#endif
}

/* they are inserted by pfn_t */
FEATURE(PFNMAP_PFN_T)
{
#ifndef CONFIG_ARCH_SUPPORTS_PMD_PFNMAP
#error there are none
#endif
	vm_fault_t (*insert)(struct vm_fault *, pfn_t, bool) = vmf_insert_pfn_pmd;
	vm_fault_t (*insert_pud)(struct vm_fault *, pfn_t, bool) = vmf_insert_pfn_pud;
}

ONE_OF(PFNMAP_PFN, PFNMAP_PFN_T)

/* drivers of memory without struct page are told of memory errors */
FEATURE(PFN_ADDRESS_SPACE)
{
	struct pfn_address_space space;

	(void)space.mapping;
#ifndef CONFIG_MEMORY_FAILURE
#error nobody will ever tell
#endif
	EXPORTED(register_pfn_address_space);
	EXPORTED(unregister_pfn_address_space);
	KNOWN_FORM;
	struct interval_tree_node *node = &space.node;
	struct address_space **mapping = &space.mapping;
	int (*pgoff)(struct vm_area_struct *, unsigned long, pgoff_t *) = space.pfn_to_vma_pgoff;
	int (*add)(struct pfn_address_space *) = register_pfn_address_space;
	void (*remove)(struct pfn_address_space *) = unregister_pfn_address_space;
}

/*
 * Registers in BAR0.
 */

/* the core has BARs mapped while the device is enabled */
FEATURE(VFIO_PCI_GET_IOMAP)
{
	(void)&vfio_pci_core_get_iomap;
	KNOWN_FORM;
	void __iomem *(*get)(struct vfio_pci_core_device *, unsigned int) =
		vfio_pci_core_get_iomap;
}

/* the core maps a BAR when it is asked to */
FEATURE(VFIO_PCI_SETUP_BARMAP)
{
	EXPORTED(vfio_pci_core_setup_barmap);
	KNOWN_FORM;
	int (*setup)(struct vfio_pci_core_device *, int) = vfio_pci_core_setup_barmap;
}

/*
 * What every kernel has, in the form that the driver uses.
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
	void (*shift)(struct vfio_info_cap *, size_t) = vfio_info_cap_shift;
	struct vfio_device *device = NULL;

	device->ops = &ops;
	vfio_put_device(device);
	EXPORTED(_vfio_alloc_device);
	EXPORTED(vfio_info_add_capability);
	EXPORTED(vfio_info_cap_shift);
}

/* vfio-pci-core's device */
NEEDED(vfio_pci_core_device)
{
	struct vfio_pci_core_device core;
	struct vfio_device *device = &core.vdev;
	struct pci_dev **pdev = &core.pdev;
	struct rw_semaphore *lock = &core.memory_lock;
	void __iomem **barmap = &core.barmap[0];
	bool engaged = core.pm_runtime_engaged;
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

	(void)PCI_POSSIBLE_ERROR(0);
	EXPORTED(pci_find_dvsec_capability);
	EXPORTED(pci_request_selected_regions);
}

/* mappings of memory without struct page */
NEEDED(mm)
{
	vm_fault_t (*insert)(struct vm_area_struct *, unsigned long, unsigned long) =
		vmf_insert_pfn;
	int (*remap)(struct vm_area_struct *, unsigned long, unsigned long, unsigned long,
		     pgprot_t) = remap_pfn_range;
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

	EXPORTED(vmf_insert_pfn);
	EXPORTED(unmap_mapping_range);
	EXPORTED(memremap);
	EXPORTED(fault_in_readable);
	EXPORTED(fault_in_safe_writeable);
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
