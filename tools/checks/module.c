// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks of kernel modules: VFIO's and the driver's.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/tree.h"
#include "checks/diagnosis.h"
#include "host/module.h"
#include "host/vfio.h"

/* As a loss of power leaves it behind, when depmod had just written it. */
static bool check_list(struct diagnosis *diagnosis, const char *release)
{
	struct finding *finding;

	if (!module_list_is_lost(release))
		return true;
	finding = diagnosis_add(diagnosis,
				module_is_loaded(GPU_DRIVER) ? VERDICT_WARNING : VERDICT_PROBLEM,
				"/lib/modules/%s/modules.dep is not there, or not whole", release);
	finding->code = "list-lost";
	finding_explain(finding,
			"without depmod's list of its modules a kernel can load none",
			"depmod %s", release);
	return false;
}

void check_vfio(struct diagnosis *diagnosis)
{
	const char *release = diagnosis->host.release;
	const char *iommu = vfio_iommu_module(release);
	const char * const names[] = { "vfio", "vfio_pci_core", iommu };
	struct module module;
	struct finding *finding;
	size_t missing = 0;

	if (!check_list(diagnosis, release))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		int ret = module_is_loaded(names[i]) ? 0 : module_find(&module, release, names[i]);

		if (!ret)
			continue;
		missing++;
		if (ret != -ENOENT) {
			diagnosis_add(diagnosis, VERDICT_UNKNOWN,
				      "the modules of kernel %s cannot be looked at", release)
				->code = "unseen";
			return;
		}
		finding = diagnosis_add(diagnosis, VERDICT_PROBLEM, "kernel %s has no module %s",
					release, names[i]);
		finding->code = "vfio-missing";
		finding_explain(finding,
				"VFIO gives PCI functions to guests, and the driver is built on it",
				"# boot a kernel with CONFIG_VFIO_PCI, and CONFIG_VFIO_IOMMU_TYPE1 or CONFIG_IOMMUFD");
	}
	if (!missing)
		diagnosis_add(diagnosis, VERDICT_OK, "kernel %s has VFIO for PCI, with %s", release,
			      iommu);
}

/* Of the driver's packages there is the one with all but the module, and none that builds that. */
static bool module_comes_built(void)
{
	char version[32];

	return !module_package_version(version, sizeof(version)) &&
		tree_exists("/usr/libexec/" GPU_MODULE "/package-setup");
}

/* What makes the module for a kernel that has none, or not the right one. */
static char *fix_build(const struct host *host, const char *release)
{
	const struct distribution *distribution = &host->distribution;
	char version[32];
	char *install, *fix;

	if (module_comes_built())
		return distribution_install_module(distribution, release);
	if (!module_package_version(version, sizeof(version)))
		return distribution_install_headers(distribution, release, GPU_MODULE "-dkms");
	/* By force: DKMS may believe that it is installed. */
	fix = text_format("dkms install --force " GPU_MODULE "/%s -k %s", version, release);
	if (tree_exists("/lib/modules/%s/build/include", release))
		return fix;
	free(fix);
	install = distribution_install_headers(distribution, release, NULL);
	fix = text_format("%s\ndkms install --force " GPU_MODULE "/%s -k %s", install, version,
			  release);
	free(install);
	return fix;
}

/*
 * The kernel compares symbols, too, and takes modules of kernels with the same ones: those that it
 * has taken, and those that weak-modules(8) has linked for it.
 */
static bool is_for_other(const struct host *host, const struct module *module, const char *release)
{
	if (!module->kernel[0] || !strcmp(module->kernel, release) ||
	    strstr(module->path, "/weak-updates/"))
		return false;
	return strcmp(release, host->release) || !module_is_loaded(GPU_DRIVER);
}

/* For which there is no module. */
static const char *what_else_is_missing(const char *release)
{
	char version[32];

	if (module_comes_built())
		return "";
	if (!module_package_version(version, sizeof(version)))
		return ", and the driver's package is not installed";
	if (!tree_exists("/lib/modules/%s/build/include", release))
		return ", and its headers are not installed, with which DKMS builds one";
	return "";
}

static void check_kernel(struct diagnosis *diagnosis, const char *release, enum verdict verdict,
			 const char *why)
{
	struct module module;
	struct finding *finding;
	char path[192];
	int ret = module_find(&module, release, GPU_MODULE);

	if (!ret && is_for_other(&diagnosis->host, &module, release)) {
		finding = diagnosis_add(diagnosis, verdict, "kernel %s: %s is built for kernel %s",
					release, module.path, module.kernel);
		finding->code = "other-kernel";
		finding->why = "a kernel takes only modules that were built for it";
		finding->fix = fix_build(&diagnosis->host, release);
	} else if (!ret && !module.came_with_kernel) {
		diagnosis_add(diagnosis, VERDICT_OK, "kernel %s: version %s in %s", release,
			      module.version[0] ? module.version : "unknown", module.path);
	} else if (!ret && egm_is_for(release)) {
		diagnosis_add(diagnosis, VERDICT_OK,
			      "kernel %s: its own driver of this name, which has EGM", release);
	} else if (!ret) {
		finding = diagnosis_add(diagnosis, VERDICT_WARNING,
					"kernel %s: only its own driver of this name%s", release,
					module.path[0] ? "" : ", built in");
		finding->code = "kernels-own";
		finding->why = "the kernel's own driver shows no sizes and no readiness";
		/* What is built in stays. */
		if (module.path[0])
			finding->fix = fix_build(&diagnosis->host, release);
	} else if (ret == -ENOENT &&
		   module_find_unlisted(release, GPU_MODULE, path, sizeof(path))) {
		finding = diagnosis_add(diagnosis, verdict,
					"kernel %s: %s is there, and modules.dep does not name it",
					release, path);
		finding->code = "not-listed";
		finding_explain(finding, "modprobe finds what depmod has listed, and nothing else",
				"depmod %s", release);
	} else if (ret == -ENOENT) {
		finding = diagnosis_add(diagnosis, verdict, "kernel %s: there is no module%s",
					release, what_else_is_missing(release));
		finding->code = "not-built";
		finding->why = why;
		finding->fix = fix_build(&diagnosis->host, release);
	} else {
		diagnosis_add(diagnosis, VERDICT_UNKNOWN,
			      "the modules of kernel %s cannot be looked at", release)
			->code = "unseen";
	}
}

void check_module(struct diagnosis *diagnosis)
{
	check_kernel(diagnosis, diagnosis->host.release, VERDICT_PROBLEM,
		     "no other driver can give a guest the memory of these GPUs");
}

void check_next_kernel(struct diagnosis *diagnosis)
{
	struct finding *finding;

	if (!diagnosis->host.next_release[0]) {
		finding = diagnosis_add(diagnosis, VERDICT_UNKNOWN,
					"which kernel boots next cannot be told from the boot loader's default, \"%s\"",
					diagnosis->host.next_entry);
		finding->code = "undetermined";
		finding_explain(finding, "a kernel without the module has no driver for the GPU",
				"dkms status " GPU_MODULE);
		return;
	}
	if (!strcmp(diagnosis->host.release, diagnosis->host.next_release))
		diagnosis_add(diagnosis, VERDICT_OK, "kernel %s runs, and boots next",
			      diagnosis->host.release);
	else
		check_kernel(diagnosis, diagnosis->host.next_release, VERDICT_WARNING,
			     "after the next boot there would be no driver");
}
