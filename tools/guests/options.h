/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What somebody wants of a virtual machine.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>

#include "base/text.h"

#define MIB (1024 * 1024ull)
#define GIB (1024 * MIB)

enum guest_iommufd {
	IOMMUFD_AUTO,
	IOMMUFD_YES,
	IOMMUFD_NO,
};

enum guest_smmu {
	SMMU_AUTO,
	SMMU_ACCEL,
	SMMU_EMULATED,
	SMMU_NONE,
};

/* Who is told of the guest. */
enum guest_form {
	FORM_QEMU,
	FORM_LIBVIRT,
	FORM_KUBEVIRT,
	FORM_NOVA,
};

/**
 * struct guest_options - what somebody wants of a virtual machine
 * @memory: bytes
 * @cpus: how many
 * @name: its name, NULL for that of the form
 * @disk: a file or a block device, NULL for none
 * @network: "user" or a bridge of the host, NULL for none
 * @firmware: a file, NULL for what the distribution has
 * @iommufd: how VFIO gets to the IOMMU
 * @smmu: which one the guest has
 * @hugepages: its memory is of the host's huge pages
 * @form: who starts it
 * @claim: of a volume of Kubernetes, for its disk; NULL for none
 * @release: of KubeVirt
 * @release_given: it was said
 * @given: some option was
 */
struct guest_options {
	__u64 memory;
	unsigned int cpus;
	const char *name;
	const char *disk;
	const char *network;
	const char *firmware;
	enum guest_iommufd iommufd;
	enum guest_smmu smmu;
	bool hugepages;
	enum guest_form form;
	const char *claim;
	struct text_version release;
	bool release_given;
	bool given;
};

/* One guest can have so many: QEMU's limit for this machine. */
#define GUEST_CPUS_MAX 512
extern const struct guest_options guest_options_default;

/* Takes an option, which is called so, with its value: NULL, or what is wrong with it. */
const char *guest_option(struct guest_options *options, const char *name, const char *value);

#endif /* OPTIONS_H */
