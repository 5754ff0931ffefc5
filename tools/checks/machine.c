// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks of the machine: its processor, GPUs, IOMMU, and the kernel's page tables.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/tree.h"
#include "checks/diagnosis.h"
#include "host/iommu_group.h"

void check_architecture(struct diagnosis *diagnosis)
{
	const struct host *host = &diagnosis->host;
	struct finding *finding;

	if (!host->arch[0]) {
		diagnosis_add(diagnosis, VERDICT_UNKNOWN, "/proc/sys/kernel/arch is not there")
			->code = "unseen";
	} else if (!strcmp(host->arch, "aarch64")) {
		diagnosis_add(diagnosis, VERDICT_OK, "%s%s%s", host->arch,
			      host->machine[0] ? ", " : "", host->machine);
	} else {
		finding = diagnosis_add(diagnosis, VERDICT_PROBLEM, "%s%s%s", host->arch,
					host->machine[0] ? ", " : "", host->machine);
		finding->code = "not-aarch64";
		finding_explain(finding,
				"the driver is for machines with a Grace CPU, which are arm64 (aarch64)",
				"# run this on the Grace Hopper or Grace Blackwell machine");
	}
}

/* The same kind of GPU, or what is taken for one. */
static bool add_unsupported(struct diagnosis *diagnosis, const struct pci_device *pci)
{
	const char *name = gpu_unsupported(pci);
	struct finding *finding;

	if (!name)
		return false;
	finding = diagnosis_add(diagnosis,
				diagnosis->gpus.count ? VERDICT_WARNING : VERDICT_PROBLEM,
				"%s: %s (%04x:%04x) is not supported by this version of the driver",
				pci->bdf, name, pci->vendor, pci->device);
	finding->code = "not-supported";
	finding_explain(finding,
			"its memory is not behind its BARs either: with vfio-pci a guest has the GPU without it",
			"# look for a newer version of " GPU_MODULE);
	return true;
}

static bool check_unsupported(struct diagnosis *diagnosis)
{
	struct pci_devices all;
	bool found = false;

	pci_devices_read(&all, PCI_DEVICE_FOLDER);
	for (size_t i = 0; i < all.count; i++)
		found |= add_unsupported(diagnosis, &all.devices[i]);
	pci_devices_free(&all);
	return found;
}

/* A rule may be about a GPU that is no longer in the machine: that is for people to know. */
static void add_absent(struct diagnosis *diagnosis, const struct absent *absent)
{
	struct finding *finding;

	finding = diagnosis_add(diagnosis, absent->was_seen ? VERDICT_PROBLEM : VERDICT_WARNING,
				"%s: it is not on the PCI bus, and %s names it", absent->bdf,
				absent_named_by(absent));
	finding->code = "absent";
	text_put(finding->bdf, sizeof(finding->bdf), absent->bdf);
	finding_explain(finding, "what is not on the bus cannot be given to a guest",
			"echo 1 >/sys/bus/pci/rescan\n%s%s%s# if it does not come back:\n"
			REFUSAL_POWER_CYCLE,
			absent->file[0] ? "# if it is no longer in the machine, take it out of " : "",
			absent->file, absent->file[0] ? "\n" : "");
}

void check_gpu(struct diagnosis *diagnosis)
{
	struct finding *finding;

	for (size_t i = 0; i < diagnosis->off_bus.count; i++) {
		finding = diagnosis_add(diagnosis, VERDICT_PROBLEM,
					"%s: it reads all ones: it has fallen off the bus",
					diagnosis->off_bus.gpus[i].pci.bdf);
		finding->code = "off-bus";
		finding_explain(finding,
				"it answers no more, so nothing else can be told of it",
				REFUSAL_POWER_CYCLE);
	}
	for (size_t i = 0; i < diagnosis->absent.count; i++)
		add_absent(diagnosis, &diagnosis->absent.gpus[i]);
	for (size_t i = 0; i < diagnosis->gpus.count; i++) {
		const struct gpu *gpu = &diagnosis->gpus.gpus[i];

		diagnosis_add(diagnosis, VERDICT_OK, "%s: %s (%04x:%04x)", gpu->pci.bdf,
			      gpu->product, gpu->pci.vendor, gpu->pci.device);
	}
	if (check_unsupported(diagnosis) || diagnosis->gpus.count || diagnosis->off_bus.count)
		return;
	finding = diagnosis_add(diagnosis, VERDICT_PROBLEM,
				"no GPU that the driver knows is on a PCI bus");
	finding->code = "no-gpu";
	finding_explain(finding,
			"GH200, GB200 and GB300 appear as PCI functions of vendor 10de; without one there is nothing to assign",
			"echo 1 >/sys/bus/pci/rescan\nlspci -d 10de:");
}

void check_iommu(struct diagnosis *diagnosis)
{
	struct finding *finding;
	struct text_version version;
	struct tree_names names;
	size_t ungrouped = 0;
	bool early;
	int ret;

	/* Older kernels make a group for the first driver that looks at the function. */
	text_version(diagnosis->host.release, &version);
	early = text_version_since(version, 6, 15);
	ret = tree_list(&names, "/sys/class/iommu");
	for (size_t i = 0; i < diagnosis->gpus.count; i++) {
		const struct pci_device *pci = &diagnosis->gpus.gpus[i].pci;

		ungrouped += !pci->group[0] && (pci->driver[0] || early);
	}
	if (ret && ret != -ENOENT) {
		diagnosis_add(diagnosis, VERDICT_UNKNOWN, "/sys/class/iommu cannot be read: %s",
			      strerror(-ret))->code = "unreadable";
	} else if (names.count && !ungrouped) {
		diagnosis_add(diagnosis, VERDICT_OK, "%zu IOMMU%s in use", names.count,
			      names.count == 1 ? "" : "s");
	} else {
		if (names.count)
			finding = diagnosis_add(diagnosis, VERDICT_PROBLEM,
						"%zu of %zu GPUs are behind no IOMMU", ungrouped,
						diagnosis->gpus.count);
		else
			finding = diagnosis_add(diagnosis, VERDICT_PROBLEM,
						"the kernel uses no IOMMU");
		finding->code = names.count ? "gpu-without" : "none";
		finding_explain(finding,
				"without an IOMMU a guest's GPU could write to all memory of the host, and VFIO refuses it",
				diagnosis->host.is_virtual ?
				"# give this virtual machine an SMMU" :
				"# enable the SMMU in the firmware's settings, and reboot");
	}
	tree_names_free(&names);
}

/*
 * "0x0000000080000000 0x00000000801fffff direct": from 6.6 on, and in kernels that have taken that
 * over, VFIO is refused such a device.  "direct-relaxable" is another type.
 */
static bool check_direct(struct diagnosis *diagnosis, const struct gpu *gpu)
{
	const char *group = gpu->pci.group;
	struct text_version version;
	struct finding *finding;
	bool is_direct = false;
	char *text;

	text_version(diagnosis->host.release, &version);
	if (!group[0] || (!text_version_since(version, 6, 6) &&
			  !strstr(diagnosis->log, "have a 1:1 IOMMU mapping")))
		return false;
	if (tree_read_all(&text, 1 << 16, "/sys/kernel/iommu_groups/%s/reserved_regions",
			  group) > 0)
		is_direct = strstr(text, " direct\n");
	free(text);
	if (!is_direct)
		return false;
	finding = diagnosis_add(diagnosis, VERDICT_PROBLEM,
				"%s: firmware wants memory of the host mapped 1:1 for it: reserved_regions of group %s has a region that is direct",
				gpu->pci.bdf, group);
	finding->code = "one-to-one";
	finding_explain(finding,
			"a guest could reach that memory, so VFIO is refused the device",
			REFUSAL_1TO1);
	return true;
}

/* The members of one GPU's group that keep it from a guest. */
static void check_one_group(struct diagnosis *diagnosis, const struct gpu *gpu)
{
	struct pci_devices members;
	struct finding *finding;
	int ret = iommu_group_read(&members, &gpu->pci);
	bool viable = true;

	for (size_t i = 0; i < members.count; i++) {
		const struct pci_device *member = &members.devices[i];

		if (!strcmp(member->bdf, gpu->pci.bdf) || iommu_group_lets(member))
			continue;
		viable = false;
		finding = diagnosis_add(diagnosis, VERDICT_PROBLEM,
					"%s: %s in the same IOMMU group %s is bound to %s",
					gpu->pci.bdf, member->bdf, gpu->pci.group, member->driver);
		finding->code = "not-viable";
		finding_explain(finding,
				"a group is given to a guest as a whole: no function in it may have a driver of the host",
				"echo %s >" PCI_DRIVER_FOLDER "%s/unbind", member->bdf,
				member->driver);
	}
	if (viable && ret)
		diagnosis_add(diagnosis, VERDICT_UNKNOWN, "%s: IOMMU group %s cannot be read: %s",
			      gpu->pci.bdf, gpu->pci.group, strerror(-ret))->code = "unreadable";
	else if (viable && gpu->pci.group[0])
		diagnosis_add(diagnosis, VERDICT_OK, "%s: group %s", gpu->pci.bdf, gpu->pci.group);
	else if (viable)
		diagnosis_add(diagnosis, VERDICT_UNKNOWN, "%s: in no group%s", gpu->pci.bdf,
			      gpu->pci.driver[0] ? "" : " before it has a driver")
			->code = "no-group";
	pci_devices_free(&members);
}

void check_group(struct diagnosis *diagnosis)
{
	for (size_t i = 0; i < diagnosis->gpus.count; i++) {
		if (!check_direct(diagnosis, &diagnosis->gpus.gpus[i]))
			check_one_group(diagnosis, &diagnosis->gpus.gpus[i]);
	}
}

void check_pages(struct diagnosis *diagnosis)
{
	const struct host *host = &diagnosis->host;
	int huge = host_config(host, "CONFIG_ARCH_SUPPORTS_HUGE_PFNMAP");
	struct finding *finding;
	char size[32];

	if (!host->page_size) {
		diagnosis_add(diagnosis, VERDICT_UNKNOWN, "the page size cannot be seen")
			->code = "unseen";
		return;
	}
	text_size(size, sizeof(size), host->page_size);
	if (huge < 0) {
		diagnosis_add(diagnosis, VERDICT_UNKNOWN,
			      "pages of %s; the configuration of kernel %s is not there to tell of huge mappings",
			      size, host->release)->code = "config-unseen";
	} else if (huge) {
		diagnosis_add(diagnosis, VERDICT_OK, "pages of %s, huge mappings of device memory",
			      size);
	} else if (host->page_size > 4096) {
		diagnosis_add(diagnosis, VERDICT_OK,
			      "pages of %s, no huge mappings of device memory", size);
	} else {
		finding = diagnosis_add(diagnosis, VERDICT_WARNING,
					"pages of %s, no huge mappings of device memory", size);
		finding->code = "small";
		finding_mend(finding,
			     "each guest starts later, and takes 2 MiB of page tables for each GiB of GPU memory",
			     distribution_newer_kernel(&host->distribution, host->release, true));
	}
}
