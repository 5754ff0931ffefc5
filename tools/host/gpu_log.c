// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel's log says of a GPU: messages of its drivers, of the PCI core about it and the
 * bridges above it, of the SMMU that it is behind, and of NVIDIA's driver.
 */
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/tree.h"
#include "host/gpu.h"
#include "host/gpu_log.h"
#include "host/kernel_log.h"

/**
 * struct place - where a GPU is, as messages name it
 * @pci: the GPU
 * @path: its folder in sysfs, which has the bridges' addresses in it
 * @smmu: its SMMU, empty if that is not known
 * @stream: the part of the SMMU's stream id that is the GPU's
 * @xid: what NVIDIA's driver begins with when it tells of an error of it
 */
struct place {
	const struct pci_device *pci;
	char path[512];
	char smmu[64];
	__u32 stream;
	char xid[64];
};

static void find_place(struct place *place, const struct pci_device *pci)
{
	struct text_address address = {};
	char target[512];
	char *end;

	*place = (struct place){ .pci = pci };
	tree_link(place->path, sizeof(place->path), PCI_DEVICE_FOLDER "%s", pci->bdf);
	/* ".../arm-smmu-v3.16.auto/iommu/smmu3.0x0000000011000000" */
	if (!tree_link(target, sizeof(target), PCI_DEVICE_FOLDER "%s/iommu", pci->bdf)) {
		end = strstr(target, "/iommu/");
		if (end) {
			*end = 0;
			end = strrchr(target, '/');
			text_put(place->smmu, sizeof(place->smmu), end ? end + 1 : target);
		}
	}
	text_address(pci->bdf, &address);
	place->stream = address.bus << 8 | address.slot << 3 | address.function;
	/* Without the function. */
	snprintf(place->xid, sizeof(place->xid), "NVRM: Xid (PCI:%.*s",
		 (int)strcspn(pci->bdf, "."), pci->bdf);
}

static bool begins(const char *text, const char *start)
{
	return !strncmp(text, start, strlen(start));
}

/* "DRIVER DEVICE: ...": what follows, or NULL if it is of another form. */
static const char *message_of(const char *message, char *device, size_t size)
{
	const char *start = message + strcspn(message, " ");
	const char *end = *start ? strstr(++start, ": ") : NULL;
	size_t length = end ? (size_t)(end - start) : 0;

	if (!length || length >= size)
		return NULL;
	memcpy(device, start, length);
	device[length] = 0;
	return end + 2;
}

/* The GPU or a bridge above it. */
static bool is_on_path(const struct place *place, const char *device)
{
	struct text_address address;
	const char *found;

	if (!strcmp(device, place->pci->bdf))
		return true;
	if (text_address(device, &address))
		return false;
	found = strstr(place->path, device);
	return found && found > place->path && found[-1] == '/' && found[strlen(device)] == '/';
}

static enum gpu_error pci_error(const char *text)
{
	static const char * const resets[] = {
		"; giving up", "device inaccessible", "config space inaccessible",
		"subordinate device reset failed", "device recovery failed",
	};

	if (begins(text, "AER: "))
		text += 5;
	/* Uncorrected, or Uncorrectable. Firmware that has seen it first gives registers. */
	if (begins(text, "PCIe Bus Error: severity=Un") ||
	    begins(text, "aer_uncor_severity: "))
		return GPU_ERROR_PCIE;
	for (size_t i = 0; i < ARRAY_SIZE(resets); i++) {
		if (strstr(text, resets[i]))
			return GPU_ERROR_RESET;
	}
	return GPU_ERRORS;
}

/*
 * From 6.14 on the SMMU's driver names the client.  What all of them print is "event 0x10
 * received:", then the event, in whose first number the upper half is the stream id.
 */
static enum gpu_error smmu_error(const struct place *place, const char *text, bool *in_event)
{
	const char *client = strstr(text, " client: ");
	bool begun = *in_event;
	__u64 number;

	*in_event = begins(text, "event 0x") && strstr(text, "received");
	if (client) {
		client += strlen(" client: ");
		return begins(text, "event: ") && begins(client, place->pci->bdf) ?
			GPU_ERROR_SMMU : GPU_ERRORS;
	}
	text = strstr(text, "0x");
	if (!begun || !text || !text_scan(text, 16, &number))
		return GPU_ERRORS;
	return (number >> 32 & 0xffff) == place->stream ? GPU_ERROR_SMMU : GPU_ERRORS;
}

/* What a program of the host's does wrong is no fault of the GPU's. */
static enum gpu_error xid_error(const struct place *place, const char *text)
{
	static const __u64 of_programs[] = { 13, 31, 43, 45 };
	const char *number = begins(text, place->xid) ? strstr(text, "): ") : NULL;
	__u64 xid;

	if (!number || !text_scan(number + 3, 10, &xid))
		return GPU_ERRORS;
	for (size_t i = 0; i < ARRAY_SIZE(of_programs); i++) {
		if (xid == of_programs[i])
			return GPU_ERRORS;
	}
	return GPU_ERROR_XID;
}

bool gpu_log_is_bind(const char *message)
{
	return begins(message, "GPU memory at ") && strstr(message, ": usemem ");
}

bool gpu_log_is_wait(const char *message)
{
	return begins(message, "GPU memory is not ready yet: ");
}

void gpu_log_read(struct gpu_log *errors, const char *log, const struct pci_device *pci)
{
	struct kernel_log_record record;
	bool in_event = false;
	char message[256], device[64];
	struct place place;

	*errors = (struct gpu_log){};
	find_place(&place, pci);
	while (kernel_log_next(&log, "", message, sizeof(message), &record)) {
		const char *text = message_of(message, device, sizeof(device));
		enum gpu_error error = xid_error(&place, message);

		if (text && !strcmp(device, pci->bdf) && begins(message, GPU_DRIVER " ") &&
		    gpu_log_is_bind(text))
			*errors = (struct gpu_log){ .is_bound = true };
		else if (text && is_on_path(&place, device))
			error = pci_error(text);
		else if (text && place.smmu[0] && !strcmp(device, place.smmu))
			error = smmu_error(&place, text, &in_event);
		if (error == GPU_ERRORS)
			continue;
		errors->counts[error]++;
		text_put(errors->last[error], sizeof(errors->last[error]), message);
	}
}
