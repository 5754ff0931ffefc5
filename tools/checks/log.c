// SPDX-License-Identifier: GPL-2.0-only
/*
 * Check of the kernel's log: errors of each GPU since the driver took it.
 */
#include <errno.h>
#include <string.h>

#include "checks/diagnosis.h"
#include "host/gpu_log.h"
#include "host/kernel_log.h"

static const struct kind {
	const char *code;
	const char *one;
	const char *many;
	const char *why;
} kinds[GPU_ERRORS] = {
	[GPU_ERROR_RESET] = {
		"reset", "reset that failed", "resets that failed",
		"what a guest left in the GPU may still be there, and the GPU may not work",
	},
	[GPU_ERROR_PCIE] = {
		"pcie", "uncorrectable PCIe error", "uncorrectable PCIe errors",
		"the GPU or its link has failed: a guest that had it may have lost it",
	},
	[GPU_ERROR_SMMU] = {
		"smmu", "fault of the SMMU", "faults of the SMMU",
		"the GPU has tried to reach memory that it was not given, and was kept from it",
	},
	[GPU_ERROR_XID] = {
		"xid", "error (Xid)", "errors (Xid)",
		"NVIDIA's driver has seen the GPU fail; its list of Xid errors says what each means",
	},
};

/* To bind it again is what the log takes notice of. */
static void fix_reset(struct finding *finding, const struct gpu *gpu)
{
	const char *bdf = gpu->pci.bdf;

	/* It works again. */
	if (!strcmp(gpu->readiness, "ready"))
		finding->verdict = VERDICT_WARNING;
	finding_explain(finding, kinds[GPU_ERROR_RESET].why,
			"nvgrace-gpu unbind %s\nnvgrace-gpu bind %s\n# if a reset fails again:\n"
			REFUSAL_POWER_CYCLE, bdf, bdf);
}

static void add_error(struct diagnosis *diagnosis, const struct gpu *gpu, enum gpu_error error,
		      const struct gpu_log *errors)
{
	const struct kind *kind = &kinds[error];
	size_t count = errors->counts[error];
	struct finding *finding;

	finding = diagnosis_add(diagnosis,
				error == GPU_ERROR_RESET ? VERDICT_PROBLEM : VERDICT_WARNING,
				"%s: %zu %s%s: %s", gpu->pci.bdf, count,
				count == 1 ? kind->one : kind->many,
				count == 1 ? "" : ", the last", errors->last[error]);
	finding->code = kind->code;
	if (error == GPU_ERROR_RESET)
		fix_reset(finding, gpu);
	else if (error == GPU_ERROR_SMMU)
		finding_explain(finding, kind->why, "dmesg | grep --after-context=5 arm-smmu-v3");
	else if (error == GPU_ERROR_XID)
		finding_explain(finding, kind->why, "dmesg | grep NVRM");
	else
		finding_explain(finding, kind->why, "dmesg | grep --after-context=5 'PCIe Bus Error\\|AER: '");
}

static void check_one_log(struct diagnosis *diagnosis, const struct gpu *gpu)
{
	struct gpu_log errors;
	bool any = false;

	gpu_log_read(&errors, diagnosis->log, &gpu->pci);
	for (enum gpu_error error = 0; error < GPU_ERRORS; error++) {
		if (errors.counts[error])
			add_error(diagnosis, gpu, error, &errors);
		any |= errors.counts[error];
	}
	if (any)
		return;
	diagnosis_add(diagnosis, VERDICT_OK, "%s: no error of it%s", gpu->pci.bdf,
		      errors.is_bound			   ? " since the driver took it" :
		      kernel_log_is_whole(diagnosis->log) ? "" :
							     " in what is left of the log");
}

void check_log(struct diagnosis *diagnosis)
{
	int ret = diagnosis->log_error;

	if (ret) {
		diagnosis_add(diagnosis, VERDICT_UNKNOWN, "it cannot be read: %s%s", strerror(-ret),
			      ret == -EACCES || ret == -EPERM ? " (root can)" : "")
			->code = "unreadable";
		return;
	}
	for (size_t i = 0; i < diagnosis->gpus.count; i++)
		check_one_log(diagnosis, &diagnosis->gpus.gpus[i]);
}
