// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks of each GPU: firmware, readiness, and the driver that it has or should have.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/tree.h"
#include "checks/diagnosis.h"
#include "host/acpi.h"
#include "host/kernel_log.h"

#define PROPERTY_BASE "nvidia,gpu-mem-base-pa"
#define PROPERTY_SIZE "nvidia,gpu-mem-size"

#define POWER_CYCLE "# power-cycle the machine; if it stays, the link or the GPU is broken"

/* Why the driver has refused a GPU that it does not have now. */
static bool refusal(const struct diagnosis *diagnosis, const struct gpu *gpu, char *message,
		    size_t size)
{
	char prefix[64];

	if (gpu->origin == GPU_OF_PACKAGE || gpu->origin == GPU_OF_KERNEL)
		return false;
	snprintf(prefix, sizeof(prefix), GPU_DRIVER " %s: ", gpu->pci.bdf);
	return kernel_log_error(diagnosis->log, prefix, message, size);
}

static bool is_about_readiness(const char *message)
{
	return !!strstr(message, "is not ready");
}

/* What there is to do about a refusal of the driver. */
static char *fix_refusal(const char *message)
{
	if (strstr(message, "System RAM"))
		return text_copy("# a GPU driver has given the memory to Linux\nreboot");
	if (strstr(message, "is zero") || is_about_readiness(message))
		return text_copy(POWER_CYCLE);
	return text_copy("# update the machine's firmware; its ACPI tables are wrong");
}

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
			      strerror(-ret), ret == -EACCES ? " (root can)" : "");
		return;
	}
	for (size_t i = 0; i < size.valued && i < 16; i++) {
		if (size.values[i])
			continue;
		finding = diagnosis_add(diagnosis, VERDICT_PROBLEM,
					"firmware says that a GPU has no memory: " PROPERTY_SIZE
					" is 0");
		finding_explain(finding,
				"the C2C link to that GPU did not come up",
				"# power-cycle the machine; if it stays, the link or the GPU is broken");
		return;
	}
	if (!base.named != !size.named) {
		finding = diagnosis_add(diagnosis, VERDICT_PROBLEM,
					"firmware has the property %s but not %s",
					base.named ? PROPERTY_BASE : PROPERTY_SIZE,
					base.named ? PROPERTY_SIZE : PROPERTY_BASE);
		finding_explain(finding,
				"the driver needs both to find the GPU's memory",
				"# update the machine's firmware; its ACPI tables are wrong");
	} else if (!base.named) {
		finding = diagnosis_add(diagnosis, VERDICT_WARNING,
					"firmware describes no GPU memory");
		finding_explain(finding,
				"without it the driver behaves as vfio-pci, and a guest has the GPU without its memory: right in a virtual machine only",
				"# update the machine's firmware, unless this is a virtual machine");
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
		} else if (gpu->origin == GPU_OF_PACKAGE) {
			finding = diagnosis_add(diagnosis, VERDICT_WARNING,
						"%s: firmware describes no memory of it",
						gpu->pci.bdf);
			finding_explain(finding,
					"the driver behaves as vfio-pci, and a guest has the GPU without its memory: right in a virtual machine only",
					"# update the machine's firmware, unless this is a virtual machine");
		} else if (refusal(diagnosis, gpu, message, sizeof(message)) &&
			   !is_about_readiness(message)) {
			finding = diagnosis_add(diagnosis, VERDICT_PROBLEM, "%s: %s", gpu->pci.bdf,
						message);
			finding->why =
				"the driver cannot use the GPU's memory as firmware describes it";
			finding->fix = fix_refusal(message);
		} else {
			unknown++;
		}
	}
	if (unknown || !diagnosis->gpus.count)
		check_tables(diagnosis);
}

static void check_one_policy(struct diagnosis *diagnosis, const struct gpu *gpu)
{
	const char *bdf = gpu->pci.bdf;
	struct finding *finding;
	char driver[64];

	switch (gpu->policy) {
	case GPU_POLICY_YES:
		diagnosis_add(diagnosis, VERDICT_OK, "%s: udev binds it at boot", bdf);
		return;
	case GPU_POLICY_DRIVERCTL:
		tree_line(driver, sizeof(driver), "/etc/driverctl.d/pci-%s", bdf);
		finding = diagnosis_add(diagnosis,
					strcmp(driver, GPU_DRIVER) ? VERDICT_WARNING : VERDICT_OK,
					"%s: driverctl gives it to %s at boot", bdf, driver);
		if (finding->verdict != VERDICT_OK) {
			finding_explain(finding,
					"a driver that is set with driverctl comes before the package's udev rule",
					"driverctl unset-override %s", bdf);
		}
		return;
	case GPU_POLICY_NO:
		finding = diagnosis_add(diagnosis, VERDICT_WARNING,
					"%s: a udev rule says NVGRACE_GPU_BIND=\"no\"", bdf);
		finding_explain(finding,
				"it is left alone at boot, as somebody has chosen",
				"grep -r NVGRACE_GPU_BIND /etc/udev/rules.d\nnvgrace-gpu bind %s",
				bdf);
		return;
	case GPU_POLICY_UNKNOWN:
		break;
	}
	if (!gpu->auto_bound) {
		finding = diagnosis_add(diagnosis, VERDICT_WARNING,
					"%s: udev does not bind a %s unless told to", bdf,
					gpu->product);
		finding_explain(finding,
				"after the next boot it would have no driver",
				"echo 'SUBSYSTEM==\"pci\", KERNEL==\"%s\", ENV{NVGRACE_GPU_BIND}=\"yes\"' >>/etc/udev/rules.d/60-nvgrace-gpu.rules\n"
				"udevadm control --reload\nudevadm trigger %s%s",
				bdf, PCI_DEVICE_FOLDER, bdf);
	} else if (tree_exists("/usr/lib/udev/rules.d/65-" GPU_MODULE ".rules")) {
		finding = diagnosis_add(diagnosis, VERDICT_WARNING,
					"%s: udev has not seen it since the package is there", bdf);
		finding_explain(finding,
				"it is bound at the next boot, not now",
				"udevadm trigger " PCI_DEVICE_FOLDER "%s", bdf);
	} else {
		finding = diagnosis_add(diagnosis, VERDICT_WARNING,
					"%s: there is no udev rule that binds it at boot", bdf);
		finding_explain(finding,
				"the rule comes with the driver's package",
				"%s install " GPU_MODULE "-dkms",
				diagnosis->host.has_apt ? "apt" : "dnf");
	}
}

void check_policy(struct diagnosis *diagnosis)
{
	for (size_t i = 0; i < diagnosis->gpus.count; i++)
		check_one_policy(diagnosis, &diagnosis->gpus.gpus[i]);
	if (!diagnosis->gpus.count)
		diagnosis_add(diagnosis, VERDICT_UNKNOWN, "there is no GPU");
}

static void check_one_readiness(struct diagnosis *diagnosis, const struct gpu *gpu)
{
	struct finding *finding;
	char message[256];
	bool late;

	late = refusal(diagnosis, gpu, message, sizeof(message)) && is_about_readiness(message);
	if (!strcmp(gpu->readiness, "timed-out"))
		late = snprintf(message, sizeof(message),
				"the memory was not ready in time after the last reset");
	if (late) {
		finding =
			diagnosis_add(diagnosis, VERDICT_PROBLEM, "%s: %s", gpu->pci.bdf, message);
		finding->why = "the memory is usable only when the link is up and it is trained";
		if (gpu->readiness[0])
			finding->fix = text_format("echo 1 >" PCI_DEVICE_FOLDER "%s/reset",
						   gpu->pci.bdf);
		else
			finding->fix = fix_refusal(message);
	} else if (gpu->readiness[0]) {
		diagnosis_add(diagnosis, VERDICT_OK, "%s: %s%s", gpu->pci.bdf, gpu->readiness,
			      strcmp(gpu->readiness, "pending") ?
				      "" :
				      " (checked before the next access)");
	} else {
		diagnosis_add(diagnosis, VERDICT_UNKNOWN,
			      "%s: the driver tells when it is bound to it", gpu->pci.bdf);
	}
}

void check_readiness(struct diagnosis *diagnosis)
{
	for (size_t i = 0; i < diagnosis->gpus.count; i++)
		check_one_readiness(diagnosis, &diagnosis->gpus.gpus[i]);
	if (!diagnosis->gpus.count)
		diagnosis_add(diagnosis, VERDICT_UNKNOWN, "there is no GPU");
}

static void check_one_driver(struct diagnosis *diagnosis, const struct gpu *gpu)
{
	const char *bdf = gpu->pci.bdf;
	const char *override = gpu->pci.override;
	struct finding *finding;
	char message[256];

	if (gpu->origin == GPU_OF_PACKAGE || gpu->origin == GPU_OF_KERNEL) {
		diagnosis_add(diagnosis, VERDICT_OK, "%s: bound to %s%s", bdf, gpu->pci.driver,
			      gpu->origin == GPU_OF_KERNEL ? " of the kernel" : "");
		return;
	}
	if (refusal(diagnosis, gpu, message, sizeof(message))) {
		finding = diagnosis_add(diagnosis, VERDICT_PROBLEM, "%s: the driver refused it: %s",
					bdf, message);
		finding_explain(finding,
				"a GPU without the driver cannot be given to a guest with its memory",
				"# when that is mended:\nnvgrace-gpu bind %s", bdf);
		return;
	}
	if (gpu->pci.driver[0])
		finding = diagnosis_add(diagnosis, VERDICT_PROBLEM, "%s: %s has it", bdf,
					gpu->pci.driver);
	else
		finding = diagnosis_add(diagnosis, VERDICT_PROBLEM, "%s: it has no driver%s%s", bdf,
					override[0] && strcmp(override, GPU_DRIVER) ?
						", and driver_override gives it to " :
						"",
					strcmp(override, GPU_DRIVER) ? override : "");
	finding->why = "a GPU without the driver cannot be given to a guest with its memory";
	if (gpu->policy == GPU_POLICY_DRIVERCTL)
		finding->fix =
			text_format("driverctl unset-override %s\nnvgrace-gpu bind %s", bdf, bdf);
	else
		finding->fix = text_format("nvgrace-gpu bind %s%s", bdf,
					   override[0] && strcmp(override, GPU_DRIVER) &&
							   strcmp(override, gpu->pci.driver) ?
						   " --force" :
						   "");
}

void check_driver(struct diagnosis *diagnosis)
{
	for (size_t i = 0; i < diagnosis->gpus.count; i++)
		check_one_driver(diagnosis, &diagnosis->gpus.gpus[i]);
	if (!diagnosis->gpus.count)
		diagnosis_add(diagnosis, VERDICT_UNKNOWN, "there is no GPU");
}
