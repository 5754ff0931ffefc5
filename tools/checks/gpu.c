// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks of each GPU: what firmware and the driver say of its memory.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/tree.h"
#include "checks/diagnosis.h"
#include "host/acpi.h"

#define PROPERTY_BASE "nvidia,gpu-mem-base-pa"
#define PROPERTY_SIZE "nvidia,gpu-mem-size"

static void check_tables(struct diagnosis *diagnosis)
{
	struct acpi_property base = {}, size = {};
	struct finding *finding;
	int ret;

	ret = acpi_property_read(&base, PROPERTY_BASE);
	if (!ret)
		ret = acpi_property_read(&size, PROPERTY_SIZE);
	if (ret) {
		diagnosis_add(diagnosis, VERDICT_UNKNOWN, "ACPI tables cannot be read: %s%s",
			      strerror(-ret), ret == -EACCES ? " (root can)" : "")
			->code = "unreadable";
		return;
	}
	for (size_t i = 0; i < size.valued && i < 16; i++) {
		if (size.values[i])
			continue;
		finding = diagnosis_add(diagnosis, VERDICT_PROBLEM,
					"firmware says that a GPU has no memory: " PROPERTY_SIZE
					" is 0");
		finding->code = "no-memory";
		finding_explain(finding,
				"the C2C link to that GPU did not come up",
				REFUSAL_POWER_CYCLE);
		return;
	}
	if (!base.named != !size.named) {
		finding = diagnosis_add(diagnosis, VERDICT_PROBLEM,
					"firmware has the property %s but not %s",
					base.named ? PROPERTY_BASE : PROPERTY_SIZE,
					base.named ? PROPERTY_SIZE : PROPERTY_BASE);
		finding->code = "half-described";
		finding_explain(finding,
				"the driver needs both to find the GPU's memory",
				"# update the machine's firmware; its ACPI tables are wrong");
	} else if (!base.named && diagnosis->host.is_virtual) {
		diagnosis_add(diagnosis, VERDICT_OK,
			      "firmware describes no GPU memory, as is right in a virtual machine");
	} else if (!base.named) {
		finding = diagnosis_add(diagnosis, VERDICT_WARNING,
					"firmware describes no GPU memory");
		finding->code = "undescribed";
		finding_explain(finding,
				"without it the driver behaves as vfio-pci, and a guest has the GPU without its memory",
				"# update the machine's firmware");
	} else {
		diagnosis_add(diagnosis, VERDICT_OK, "the ACPI tables describe GPU memory");
	}
}

static void add_memory(struct diagnosis *diagnosis, const struct gpu *gpu)
{
	char usemem[32], resmem[32];

	text_size(usemem, sizeof(usemem), gpu->usemem_size);
	text_size(resmem, sizeof(resmem), gpu->resmem_size);
	if (gpu->resmem_size)
		diagnosis_add(diagnosis, VERDICT_OK, "%s: memory at %#llx, usemem %s, resmem %s",
			      gpu->pci.bdf, gpu->base, usemem, resmem);
	else
		diagnosis_add(diagnosis, VERDICT_OK, "%s: memory at %#llx, usemem %s, no resmem",
			      gpu->pci.bdf, gpu->base, usemem);
}

/* Where the driver has taken a GPU, its word counts; else what it said; else the tables. */
void check_firmware(struct diagnosis *diagnosis)
{
	size_t unknown = 0;

	for (size_t i = 0; i < diagnosis->gpus.count; i++) {
		const struct gpu *gpu = &diagnosis->gpus.gpus[i];
		struct finding *finding;
		char message[256];

		if (gpu->has_memory) {
			add_memory(diagnosis, gpu);
		} else if (gpu->origin == GPU_OF_PACKAGE && diagnosis->host.is_virtual) {
			diagnosis_add(diagnosis, VERDICT_OK,
				      "%s: firmware describes no memory of it, as is right in a virtual machine",
				      gpu->pci.bdf);
		} else if (gpu->origin == GPU_OF_PACKAGE) {
			finding = diagnosis_add(diagnosis, VERDICT_WARNING,
						"%s: firmware describes no memory of it",
						gpu->pci.bdf);
			finding->code = "not-described";
			finding_explain(finding,
					"the driver behaves as vfio-pci, and a guest has the GPU without its memory",
					"# update the machine's firmware");
		} else if (refusal_find(diagnosis, gpu, message, sizeof(message)) &&
			   !refusal_is_about_readiness(message)) {
			finding = diagnosis_add(diagnosis, VERDICT_PROBLEM, "%s: %s", gpu->pci.bdf,
						message);
			finding->code = "refused";
			finding->why =
				"the driver cannot use the GPU's memory as firmware describes it";
			finding->fix = refusal_fix(gpu, message);
		} else {
			unknown++;
		}
	}
	if (unknown || !diagnosis->gpus.count)
		check_tables(diagnosis);
}

static void check_one_readiness(struct diagnosis *diagnosis, const struct gpu *gpu)
{
	struct finding *finding;
	char message[256];
	__u64 since;
	bool late;

	late = refusal_find(diagnosis, gpu, message, sizeof(message)) &&
	       refusal_is_about_readiness(message);
	if (!strcmp(gpu->readiness, "timed-out"))
		late = snprintf(message, sizeof(message),
				"the memory was not ready in time after the last reset");
	if (late) {
		finding =
			diagnosis_add(diagnosis, VERDICT_PROBLEM, "%s: %s", gpu->pci.bdf, message);
		finding->code = "not-ready";
		finding->why = "the memory is usable only when the link is up and it is trained";
		if (gpu->readiness[0])
			finding->fix = text_format("echo 1 >" PCI_DEVICE_FOLDER "%s/reset",
						   gpu->pci.bdf);
		else
			finding->fix = refusal_fix(gpu, message);
	} else if (refusal_is_awaited(diagnosis, gpu, &since)) {
		diagnosis_add(diagnosis, VERDICT_UNKNOWN,
			      "%s: the memory is not ready yet, and the driver waits for it",
			      gpu->pci.bdf)->code = "awaited";
	} else if (gpu->readiness[0]) {
		diagnosis_add(diagnosis, VERDICT_OK, "%s: %s%s", gpu->pci.bdf, gpu->readiness,
			      strcmp(gpu->readiness, "pending") ?
				      "" :
				      " (checked before the next access)");
	} else if (gpu->origin == GPU_OF_PACKAGE) {
		diagnosis_add(diagnosis, VERDICT_OK, "%s: it has no memory to wait for",
			      gpu->pci.bdf);
	} else {
		diagnosis_add(diagnosis, VERDICT_UNKNOWN,
			      "%s: the driver tells when it is bound to it", gpu->pci.bdf)
			->code = "not-bound";
	}
}

void check_readiness(struct diagnosis *diagnosis)
{
	for (size_t i = 0; i < diagnosis->gpus.count; i++)
		check_one_readiness(diagnosis, &diagnosis->gpus.gpus[i]);
}
