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
	{ "architecture",	"Architecture",			check_architecture },
	{ "gpu",		"GPU",				check_gpu },
	{ "iommu",		"IOMMU",			check_iommu },
	{ "group",		"IOMMU group",			check_group },
	{ "firmware",		"Firmware",			check_firmware },
	{ "vfio",		"VFIO",				check_vfio },
	{ "module",		"Driver's module",		check_module },
	{ "egm",		"EGM",				check_egm },
	{ "trust",		"Module's signature",		check_trust },
	{ "config",		"modprobe's configuration",	check_config },
	{ "loaded",		"Loaded module",		check_loaded },
	{ "next-kernel",	"Next kernel",			check_next_kernel },
	{ "readiness",		"Link and training",		check_readiness },
	{ "users",		"In use",			check_users },
	{ "driver",		"GPU's driver",			check_driver },
	{ "policy",		"Binding at boot",		check_policy },
	{ "pages",		"Page tables",			check_pages },
	{ "kvm",		"KVM",				check_kvm },
	{ "qemu",		"QEMU",				check_qemu },
	{ "libvirt",		"libvirt",			check_libvirt },
	{ "access",		"Access",			check_access },
	{ "memlock",		"Locked memory",		check_memlock },
};

static void find_gpu(const struct diagnosis *diagnosis, struct finding *finding)
{
	for (size_t i = 0; i < diagnosis->gpus.count; i++) {
		const char *bdf = diagnosis->gpus.gpus[i].pci.bdf;

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
	find_gpu(diagnosis, finding);
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

void diagnosis_make(struct diagnosis *diagnosis)
{
	host_read(&diagnosis->host);
	if (diagnosis->only_gpus)
		gpus_copy(&diagnosis->gpus, diagnosis->only_gpus);
	else
		gpus_read(&diagnosis->gpus);
	diagnosis->log_error = kernel_log_read(&diagnosis->log);
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++) {
		diagnosis->check = &checks[i];
		if (!diagnosis->only_check || !strcmp(diagnosis->only_check, checks[i].id))
			checks[i].run(diagnosis);
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
}
