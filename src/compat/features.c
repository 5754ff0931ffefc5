// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a kernel can do, as questions for its compiler.  No part of the module:
 * probe.sh has this file compiled once, with the flags of the module, and sees
 * from the lines that errors are in which questions have the answer no.
 *
 * FEATURE(NAME)   defines COMPAT_HAVE_NAME where it compiles.  Where only what
 *                 stands below KNOWN_FORM fails, the kernel has the feature in
 *                 a form that this version does not know: the build stops.
 * NEEDED(name)    has to compile, or the build stops; see needs.c.
 * ONE_OF(A, B)    exactly one of these features is there, or the build stops.
 * EXPORTED(name)  in one of these: also one of the kernel's symbols for modules,
 *                 whatever #if it is in.
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
#define LAST			static void __maybe_unused last_question(void)
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
	KNOWN_FORM;
	EXPORTED(vfio_pci_ioctl_get_region_info);
	ops.get_region_info_caps = vfio_pci_ioctl_get_region_info;
	int (*hook)(struct vfio_device *, struct vfio_region_info *, struct vfio_info_cap *) =
		ops.get_region_info_caps;
}

/* the token of a virtual function is compared as a UUID */
FEATURE(MATCH_TOKEN_UUID)
{
	struct vfio_device_ops ops;

	(void)ops.match_token_uuid;
	KNOWN_FORM;
	EXPORTED(vfio_pci_core_match_token_uuid);
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

/* a device says whether it is in one */
FEATURE(IOMMUFD_ATTACHED)
{
	struct vfio_device vdev;

	(void)vdev.iommufd_attached;
	KNOWN_FORM;
	(void)vdev.iommufd_device;
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
	(void)sizeof(ops.get_dmabuf_phys(&core, (struct p2pdma_provider **)NULL, 0u, NULL,
					 (struct vfio_region_dma_range *)NULL, (size_t)1));
	(void)sizeof(vfio_pci_core_fill_phys_vec(NULL, (struct vfio_region_dma_range *)NULL,
						 (size_t)1, (phys_addr_t)0, (phys_addr_t)1));
	struct p2pdma_provider *(*provider)(struct pci_dev *, int) = pcim_p2pdma_provider;
}

/* struct phys_vec has its first name */
FEATURE(DMA_BUF_PHYS_VEC)
{
	struct vfio_pci_device_ops ops;
	int (*hook)(struct vfio_pci_core_device *, struct p2pdma_provider **, unsigned int,
		    struct dma_buf_phys_vec *, struct vfio_region_dma_range *, size_t) =
		ops.get_dmabuf_phys;
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
	int (*remap)(struct vm_area_struct *, unsigned long, unsigned long, unsigned long,
		     pgprot_t) = remap_pfn_range;
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
	struct vfio_device device;

	(void)space.mapping;
	(void)device.inode;
#ifndef CONFIG_MEMORY_FAILURE
#error nobody will ever tell
#endif
	KNOWN_FORM;
	EXPORTED(register_pfn_address_space);
	EXPORTED(unregister_pfn_address_space);
	(void)system_highpri_wq;
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

#include "needs.c"
