// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks of what is loaded: what modprobe has been told, and the modules in the kernel.
 */
#include <string.h>

#include "base/array.h"
#include "base/tree.h"
#include "checks/diagnosis.h"
#include "host/command_line.h"
#include "host/modprobe.h"
#include "host/module.h"
#include "host/udev_rule.h"
#include "host/vfio.h"

/* "install" puts a command in the place of loading; an administrator's is /bin/false or so. */
static bool check_install(struct diagnosis *diagnosis, const char *name)
{
	struct modprobe_line line;
	struct finding *finding;

	if (module_is_loaded(name) || !modprobe_find(&line, "install", name))
		return true;
	finding = diagnosis_add(diagnosis, VERDICT_PROBLEM, "%s: %s", line.file, line.text);
	finding->code = "forbidden";
	finding_explain(finding,
			"instead of loading that module modprobe runs that command",
			"sed --in-place '%us/^/#/' %s\nmodprobe %s", line.number, line.file, name);
	return false;
}

/* udev takes heed of it, modprobe and this tool do not; so may the initramfs. */
static bool check_blacklist(struct diagnosis *diagnosis)
{
	const char *initramfs = diagnosis->host.distribution.facts->initramfs;
	bool is_loaded = module_is_loaded(GPU_DRIVER);
	struct modprobe_line line;
	struct finding *finding;

	if (!modprobe_find(&line, "blacklist", GPU_MODULE))
		return true;
	finding = diagnosis_add(diagnosis, is_loaded ? VERDICT_WARNING : VERDICT_PROBLEM, "%s: %s",
				line.file, line.text);
	finding->code = "forbidden-to-udev";
	finding_explain(finding, "udev does not load the driver at boot",
			"sed --in-place '%us/^/#/' %s\n%s%s", line.number, line.file,
			initramfs ?: "# make the initramfs anew",
			is_loaded ? "" : "\nmodprobe " GPU_MODULE);
	return false;
}

/* The kernel refuses to load what is in the one, and udev what is in the other. */
static bool check_command_line(struct diagnosis *diagnosis, const char *name)
{
	struct command_line_word word;
	struct finding *finding;
	bool refused;

	if (module_is_loaded(name))
		return true;
	refused = command_line_find(&word, "module_blacklist", name);
	if (!refused && !command_line_find(&word, "modprobe.blacklist", name))
		return true;
	finding = diagnosis_add(diagnosis, refused ? VERDICT_PROBLEM : VERDICT_WARNING,
				"the kernel's command line: %s", word.text);
	finding->code = "command-line";
	finding->why = refused ? "the kernel refuses to load that module" :
				 "udev does not load that module at boot";
	finding->fix = distribution_command_line(&diagnosis->host.distribution, word.text,
						 word.without[0] ? word.without : NULL);
	return false;
}

/* Whoever has set that cannot take it back. systemd loads modules before it sets it. */
static bool check_modules_disabled(struct diagnosis *diagnosis)
{
	struct finding *finding;
	char value[4];

	if (module_is_loaded(GPU_DRIVER) ||
	    tree_line(value, sizeof(value), "/proc/sys/kernel/modules_disabled") ||
	    strcmp(value, "1"))
		return true;
	finding = diagnosis_add(diagnosis, VERDICT_PROBLEM, "kernel.modules_disabled is 1");
	finding->code = "modules-disabled";
	finding_explain(finding, "no module can be loaded until the next boot",
			"echo " GPU_MODULE " >/etc/modules-load.d/" GPU_MODULE ".conf\nreboot");
	return false;
}

void check_config(struct diagnosis *diagnosis)
{
	const char * const names[] = {
		"vfio", "vfio_pci_core", vfio_iommu_module(diagnosis->host.release), GPU_DRIVER,
	};
	bool all_well = check_modules_disabled(diagnosis);

	all_well &= check_blacklist(diagnosis);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		all_well &= check_install(diagnosis, names[i]);
		all_well &= check_command_line(diagnosis, names[i]);
	}
	if (all_well)
		diagnosis_add(diagnosis, VERDICT_OK, "nothing keeps the modules from being loaded");
}

/* The kernel asks for type1 when VFIO is loaded, and never again; iommufd may be built in. */
static void check_iommu_module(struct diagnosis *diagnosis)
{
	const char *name = vfio_iommu_module(diagnosis->host.release);
	struct finding *finding;
	struct module module;

	if (!module_is_loaded("vfio") || module_is_loaded(name) ||
	    (!module_find(&module, diagnosis->host.release, name) && !module.path[0]))
		return;
	finding = diagnosis_add(diagnosis, VERDICT_PROBLEM, "%s is not loaded", name);
	finding->code = "vfio";
	finding_explain(finding,
			"VFIO has nothing to program the IOMMU with, and no guest gets a GPU",
			"modprobe %s", name);
}

/* It is udev that loads it. */
static void add_not_loaded(struct diagnosis *diagnosis)
{
	char mask[UDEV_RULE_PATH_SIZE];
	struct finding *finding;

	if (udev_rule_is_masked(mask)) {
		finding = diagnosis_add(diagnosis, VERDICT_PROBLEM,
					"the module is not loaded: %s is in the place of the rule by which udev does that",
					mask);
		finding->code = "masked-rule";
		finding_mend(finding, "GPUs are not bound to the driver at boot",
			     fix_masked_rule(diagnosis, mask));
		return;
	}
	finding = diagnosis_add(diagnosis, VERDICT_PROBLEM, "the module is not loaded");
	finding->code = "not-loaded";
	finding_explain(finding, "GPUs cannot be bound to the driver", "modprobe " GPU_MODULE);
}

void check_loaded(struct diagnosis *diagnosis)
{
	struct module module;
	struct finding *finding;
	char version[32];

	check_iommu_module(diagnosis);
	if (!module_is_loaded(GPU_DRIVER)) {
		add_not_loaded(diagnosis);
		return;
	}
	tree_line(version, sizeof(version), "/sys/module/" GPU_DRIVER "/version");
	if (!module_find(&module, diagnosis->host.release, GPU_MODULE) &&
	    strcmp(module.version, version)) {
		finding = diagnosis_add(diagnosis, VERDICT_WARNING,
					"%s%s is loaded, %s%s is installed",
					version[0] ? "version " : "the kernel's own driver",
					version,
					module.version[0] ? "version " : "the kernel's own driver",
					module.version);
		finding->code = "other-version";
		finding_explain(finding,
				"what was loaded before an upgrade stays until the next boot",
				"# when no GPU is in use:\nmodprobe --remove " GPU_MODULE
				" && modprobe " GPU_MODULE);
		return;
	}
	diagnosis_add(diagnosis, VERDICT_OK, "%s%s",
		      version[0] ? "version " : "the kernel's own driver", version);
}
