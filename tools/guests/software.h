/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the QEMU and the libvirt of this host can do.
 */
#ifndef SOFTWARE_H
#define SOFTWARE_H

#include "host/distribution.h"

/**
 * struct guest_software - what programs answered when they were asked
 * @program: QEMU's name here
 * @qemu_error: 0, or why QEMU was not asked; the rest is that of QEMU 10.0 then
 * @window: the PCI window above 4 GiB can be chosen
 * @ras: memory errors can be told to the guest
 * @initiators: NUMA nodes can have a PCI device for their initiator
 * @iommufd: VFIO can use iommufd
 * @accel: the SMMU of a root bus can be that of the host
 * @ats: it has that option; and so on, for what the options of an accelerated one are
 * @ril: range invalidation
 * @pasid: PASID, as NVIDIA's QEMU has it
 * @ssidsize: PASID, as QEMU has it
 * @oas: size of addresses
 * @libvirt_error: 0, or why libvirt was not asked; the version is 0.0 then
 * @libvirt: its version
 * @libvirt_firmware: 1 if libvirt has UEFI firmware for such guests, 0 if not, -1 if it did not say
 */
struct guest_software {
	const char *program;
	int qemu_error;
	bool window;
	bool ras;
	bool initiators;
	bool iommufd;
	bool accel;
	bool ats;
	bool ril;
	bool pasid;
	bool ssidsize;
	bool oas;
	int libvirt_error;
	struct text_version libvirt;
	int libvirt_firmware;
};

/* Asks QEMU, and libvirt if it is wanted. */
void guest_software_read(struct guest_software *software, const struct distribution *distribution,
			 bool with_libvirt);

/* What a QEMU and a libvirt that are not of this host can do: all of it. */
void guest_software_assume(struct guest_software *software);

#endif /* SOFTWARE_H */
