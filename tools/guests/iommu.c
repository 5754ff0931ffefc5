// SPDX-License-Identifier: GPL-2.0-only
/*
 * How the GPUs of a virtual machine get to the host's IOMMU, and which one the guest sees.
 */
#include <string.h>

#include "base/tree.h"
#include "guests/guest.h"
#include "host/vfio.h"

static bool kernel_has_cdevs(const struct host *host, const struct gpus *gpus)
{
	char name[32];

	for (size_t i = 0; i < gpus->count; i++) {
		const struct pci_device *pci = &gpus->gpus[i].pci;

		if (pci->is_vfio ? !vfio_device_name(pci->bdf, name, sizeof(name)) :
		    host_config(host, "CONFIG_VFIO_DEVICE_CDEV") != 1)
			return false;
	}
	return true;
}

static bool libvirt_since(const struct guest *guest, unsigned int major, unsigned int minor)
{
	return guest->options->form != FORM_LIBVIRT ||
		text_version_since(guest->software.libvirt, major, minor);
}

static void plan_iommufd(struct guest *guest, const struct host *host, const struct gpus *gpus)
{
	const char *lack =
		!guest->words.iommufd ? guest->words.reason :
		!guest->software.iommufd ? "this QEMU has no iommufd (8.2)" :
		!libvirt_since(guest, 12, 1) ? "libvirt has iommufd from 12.1 on" :
		!kernel_has_cdevs(host, gpus) ?
			"this kernel has no character devices of VFIO (CONFIG_VFIO_DEVICE_CDEV)" :
			NULL;

	guest->iommufd = !lack && guest->options->iommufd != IOMMUFD_NO;
	guest->iommufd_why = lack ?: guest->iommufd ?
		"kernel and QEMU have it, and an accelerated SMMU needs it" : "--iommufd no";
	if (lack && guest->options->iommufd == IOMMUFD_YES)
		guest_refuse(guest, "--iommufd yes: %s", lack);
}

static bool host_has_smmus(const struct gpus *gpus)
{
	char name[64];

	for (size_t i = 0; i < gpus->count; i++) {
		if (tree_link_name(name, sizeof(name), PCI_DEVICE_FOLDER "%s/iommu",
				   gpus->gpus[i].pci.bdf) || strncmp(name, "smmu3", 5))
			return false;
	}
	return true;
}

/* Why the guest cannot use the host's SMMU for its own translation. */
static const char *accel_lack(const struct guest *guest, const struct host *host,
			      const struct gpus *gpus)
{
	return	!guest->words.accel ? guest->words.reason :
		!guest->software.accel ? "the SMMU of this QEMU cannot be accelerated (11.0 can)" :
		!libvirt_since(guest, 12, 7) ? "libvirt has accelerated SMMUs from 12.7 on" :
		!guest->iommufd ? "it needs iommufd, which is not used here" :
		!host_has_smmus(gpus) ? "the host has no SMMUv3 for these GPUs" :
		host_config(host, "CONFIG_ARM_SMMU_V3_IOMMUFD") != 1 ?
			"this kernel does not nest SMMUs (CONFIG_ARM_SMMU_V3_IOMMUFD)" : NULL;
}

void guest_plan_iommu(struct guest *guest, const struct host *host, const struct gpus *gpus)
{
	enum guest_smmu wanted = guest->options->smmu;
	const char *lack;

	plan_iommufd(guest, host, gpus);
	lack = accel_lack(guest, host, gpus);
	if (wanted == SMMU_ACCEL && lack)
		guest_refuse(guest, "--smmu accel: %s", lack);
	if (wanted == SMMU_EMULATED && !guest->words.emulated)
		guest_refuse(guest, "--smmu emulated: %s has no words for a GPU that passes it by",
			     guest->words.name);
	if (guest_kubevirt_knows(guest) && (lack || wanted == SMMU_NONE))
		guest_refuse(guest, "KubeVirt gives these GPUs to a guest with an accelerated SMMU or to none: %s",
			     lack ?: "--smmu none");
	if (wanted != SMMU_AUTO) {
		guest->smmu = wanted;
		guest->smmu_why = wanted == SMMU_ACCEL ? "--smmu accel" :
			wanted == SMMU_NONE ? "--smmu none" :
			"--smmu emulated, for its other devices: the GPUs pass it by";
		return;
	}
	guest->smmu = lack ? SMMU_NONE : SMMU_ACCEL;
	guest->smmu_why = lack ?:
		"QEMU, kernel and host have it: the guest's GPU driver gets ATS and PASID";
}
