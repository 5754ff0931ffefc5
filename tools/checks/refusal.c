// SPDX-License-Identifier: GPL-2.0-only
/*
 * Why the driver has refused a GPU, or has not taken it yet, as it says in the kernel's log.
 */
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/tree.h"
#include "checks/diagnosis.h"
#include "host/gpu_log.h"
#include "host/kernel_log.h"
#include "host/module.h"

/* Other errors with its name come from the PCI core, and from when a guest has the GPU. */
static bool is_refusal(const char *message)
{
	static const char * const parts[] = {
		"firmware property ", "firmware has the property ", "firmware says GPU memory ",
		" is zero", " is in use as System RAM", "GPU memory is not ready ",
		"GPU memory cannot be checked", "BAR0 is missing ",
		"Firmware has requested this device have a 1:1 IOMMU mapping",
	};

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		if (strstr(message, parts[i]))
			return true;
	}
	return false;
}

/* What the driver has said of a GPU last that tells whether it takes it. */
enum word {
	WORD_TAKEN,
	WORD_REFUSED,
	WORD_AWAITED,
};

/* It has taken the GPU, or has said nothing; else the message, and when it was logged. */
static enum word last_word(const struct diagnosis *diagnosis, const struct gpu *gpu,
			   char *message, size_t size, __u64 *time)
{
	const char *position = diagnosis->log;
	struct kernel_log_record record;
	enum word word = WORD_TAKEN;
	char prefix[64], text[256];

	snprintf(prefix, sizeof(prefix), GPU_DRIVER " %s: ", gpu->pci.bdf);
	while (kernel_log_next(&position, prefix, text, sizeof(text), &record)) {
		if (gpu_log_is_bind(text))
			word = WORD_TAKEN;
		else if (gpu_log_is_wait(text))
			word = WORD_AWAITED;
		else if (record.is_error && is_refusal(text))
			word = WORD_REFUSED;
		else
			continue;
		text_put(message, size, text);
		*time = record.time;
	}
	return word;
}

bool refusal_find(const struct diagnosis *diagnosis, const struct gpu *gpu, char *message,
		  size_t size)
{
	__u64 time;

	return gpu->origin != GPU_OF_PACKAGE && gpu->origin != GPU_OF_KERNEL &&
	       last_word(diagnosis, gpu, message, size, &time) == WORD_REFUSED;
}

/* While it waits it probes again and again, and has the GPU for a moment each time. */
static bool may_wait(const struct gpu *gpu)
{
	const char *driver = gpu->pci.driver;

	return module_is_loaded(GPU_DRIVER) && !strcmp(gpu->pci.override, GPU_DRIVER) &&
	       (!driver[0] || (!strcmp(driver, GPU_DRIVER) &&
			       !tree_exists(PCI_DEVICE_FOLDER "%s/vfio-dev", gpu->pci.bdf)));
}

bool refusal_is_awaited(const struct diagnosis *diagnosis, const struct gpu *gpu, __u64 *since)
{
	char message[256];

	return may_wait(gpu) &&
	       last_word(diagnosis, gpu, message, sizeof(message), since) == WORD_AWAITED;
}

bool refusal_is_about_readiness(const char *message)
{
	return strstr(message, "is not ready") || strstr(message, "cannot be checked");
}

/* A GPU that is bound at boot gets its driver before a GPU driver of the host is loaded. */
char *refusal_fix(const struct gpu *gpu, const char *message)
{
	if (strstr(message, "System RAM")) {
		if (gpu->auto_bound || gpu->policy == GPU_POLICY_YES)
			return text_copy("# a GPU driver has given the memory to Linux\nreboot");
		return text_format("# a GPU driver has given the memory to Linux\n"
				   REFUSAL_STOP_SERVICES "nvgrace-gpu bind %s", gpu->pci.bdf);
	}
	if (strstr(message, "lost its address"))
		return text_format("echo 1 >/sys/bus/pci/devices/%s/remove\n"
				   "echo 1 >/sys/bus/pci/rescan\n"
				   "nvgrace-gpu bind %s", gpu->pci.bdf, gpu->pci.bdf);
	/* A reset trains the link and the memory anew. */
	if (strstr(message, "is not ready"))
		return text_format("echo 1 >" PCI_DEVICE_FOLDER "%s/reset\n"
				   "nvgrace-gpu bind %s\n"
				   "# if it is refused again:\n" REFUSAL_POWER_CYCLE,
				   gpu->pci.bdf, gpu->pci.bdf);
	if (strstr(message, "is zero") || refusal_is_about_readiness(message))
		return text_copy(REFUSAL_POWER_CYCLE);
	if (strstr(message, "1:1"))
		return text_copy(REFUSAL_1TO1);
	return text_copy("# update the machine's firmware; its ACPI tables are wrong");
}
