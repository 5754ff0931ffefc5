// SPDX-License-Identifier: GPL-2.0-only
/*
 * The checks, in the order of causes, and what they find.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"
#include "checks/diagnosis.h"
#include "host/kernel_log.h"

/* What fails because of something else comes behind that. */
static const struct check checks[] = {
	{ "architecture",	"Architecture",			check_architecture, false },
	{ "gpu",		"GPU",				check_gpu, false },
	{ "iommu",		"IOMMU",			check_iommu, false },
	{ "group",		"IOMMU group",			check_group, true },
	{ "firmware",		"Firmware",			check_firmware, false },
	{ "vfio",		"VFIO",				check_vfio, false },
	{ "module",		"Driver's module",		check_module, false },
	{ "egm",		"EGM",				check_egm, false },
	{ "trust",		"Module's signature",		check_trust, false },
	{ "config",		"modprobe's configuration",	check_config, false },
	{ "loaded",		"Loaded module",		check_loaded, false },
	{ "next-kernel",	"Next kernel",			check_next_kernel, false },
	{ "log",		"Kernel's log",			check_log, true },
	{ "readiness",		"Link and training",		check_readiness, true },
	{ "users",		"In use",			check_users, true },
	{ "driver",		"GPU's driver",			check_driver, true },
	{ "policy",		"Binding at boot",		check_policy, true },
	{ "pages",		"Page tables",			check_pages, false },
	{ "kvm",		"KVM",				check_kvm, false },
	{ "qemu",		"QEMU",				check_qemu, false },
	{ "libvirt",		"libvirt",			check_libvirt, false },
	{ "access",		"Access",			check_access, false },
	{ "memlock",		"Locked memory",		check_memlock, false },
};

static void find_gpu(const struct gpus *gpus, struct finding *finding)
{
	for (size_t i = 0; i < gpus->count; i++) {
		const char *bdf = gpus->gpus[i].pci.bdf;

		if (!strncmp(finding->seen, bdf, strlen(bdf)) &&
		    finding->seen[strlen(bdf)] == ':')
			text_put(finding->bdf, sizeof(finding->bdf), bdf);
	}
}

const char *check_id(size_t index)
{
	return index < ARRAY_SIZE(checks) ? checks[index].id : NULL;
}

struct finding *diagnosis_add(struct diagnosis *diagnosis, enum verdict verdict, const char *format,
			      ...)
{
	struct finding *finding;
	va_list arguments;

	diagnosis->findings =
		array_resize(diagnosis->findings, diagnosis->count + 1, sizeof(*finding));
	finding = &diagnosis->findings[diagnosis->count++];
	*finding = (struct finding){ .check = diagnosis->check, .verdict = verdict };
	va_start(arguments, format);
	if (vasprintf(&finding->seen, format, arguments) < 0)
		finding->seen = text_copy("");
	va_end(arguments);
	find_gpu(&diagnosis->gpus, finding);
	find_gpu(&diagnosis->off_bus, finding);
	return finding;
}

void finding_explain(struct finding *finding, const char *why, const char *fix, ...)
{
	va_list arguments;

	finding->why = why;
	va_start(arguments, fix);
	if (vasprintf(&finding->fix, fix, arguments) < 0)
		finding->fix = NULL;
	va_end(arguments);
}

void finding_mend(struct finding *finding, const char *why, char *fix)
{
	finding->why = why;
	finding->fix = fix;
}

/* Those that are off the bus go into a list of their own. */
static void read_gpus(struct diagnosis *diagnosis)
{
	struct gpus *lists[] = { &diagnosis->gpus, &diagnosis->off_bus };
	struct gpus all;

	if (diagnosis->only_gpus)
		gpus_copy(&all, diagnosis->only_gpus);
	else
		gpus_read(&all);
	for (size_t i = 0; i < all.count; i++) {
		struct gpus *list = lists[gpu_is_off_bus(&all.gpus[i])];

		list->gpus = array_resize(list->gpus, list->count + 1, sizeof(*list->gpus));
		list->gpus[list->count++] = all.gpus[i];
	}
	gpus_free(&all);
}

/* A GPU that the driver waits for has no driver, also while it is looked at. */
static void leave_tries_out(struct diagnosis *diagnosis)
{
	__u64 since;

	for (size_t i = 0; i < diagnosis->gpus.count; i++) {
		struct gpu *gpu = &diagnosis->gpus.gpus[i];

		if (!refusal_is_awaited(diagnosis, gpu, &since))
			continue;
		gpu->pci.driver[0] = 0;
		gpu->origin = GPU_UNBOUND;
	}
}

void diagnosis_make(struct diagnosis *diagnosis)
{
	host_read(&diagnosis->host);
	read_gpus(diagnosis);
	diagnosis->log_error = kernel_log_read(&diagnosis->log);
	leave_tries_out(diagnosis);
	if (!diagnosis->only_gpus)
		absents_read(&diagnosis->absent, diagnosis->log);
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++) {
		if (diagnosis->only_check && strcmp(diagnosis->only_check, checks[i].id))
			continue;
		diagnosis->check = &checks[i];
		if (!checks[i].of_gpus || diagnosis->gpus.count)
			checks[i].run(diagnosis);
		else
			diagnosis_add(diagnosis, VERDICT_UNKNOWN, "there is no GPU%s",
				      diagnosis->off_bus.count ? " that answers" : "")
				->code = "no-gpu";
	}
}

void diagnosis_free(struct diagnosis *diagnosis)
{
	for (size_t i = 0; i < diagnosis->count; i++) {
		free(diagnosis->findings[i].seen);
		free(diagnosis->findings[i].fix);
	}
	free(diagnosis->findings);
	free(diagnosis->log);
	gpus_free(&diagnosis->gpus);
	gpus_free(&diagnosis->off_bus);
	absents_free(&diagnosis->absent);
}
