// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks of the driver that each GPU has, or should have, now and at boot.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/tree.h"
#include "checks/diagnosis.h"
#include "host/command_line.h"
#include "host/given_memory.h"
#include "host/modprobe.h"
#include "host/module.h"
#include "host/udev_rule.h"

/* The longest time that a GPU can have in its DVSEC, and some more. */
#define AWAITED_MAX 300

char *fix_masked_rule(const struct diagnosis *diagnosis, const char *path)
{
	const char *initramfs = diagnosis->host.distribution.facts->initramfs;

	return text_format("mv %s %s.off\n%s\nudevadm control --reload\n"
			   "udevadm trigger --settle --subsystem-match=pci --attr-match=vendor=0x10de",
			   path, path, initramfs ?: "# make the initramfs anew");
}

static void check_one_policy(struct diagnosis *diagnosis, const struct gpu *gpu)
{
	const char *bdf = gpu->pci.bdf;
	struct finding *finding;
	char mask[UDEV_RULE_PATH_SIZE];
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
		finding->code = "driverctl";
		if (finding->verdict != VERDICT_OK) {
			finding_explain(finding,
					"a driver that is set with driverctl comes before the package's udev rule",
					"driverctl unset-override %s", bdf);
		}
		return;
	case GPU_POLICY_NO:
		finding = diagnosis_add(diagnosis, VERDICT_WARNING,
					"%s: a udev rule says NVGRACE_GPU_BIND=\"no\"", bdf);
		finding->code = "chosen";
		finding_explain(finding,
				"it is left alone at boot, as somebody has chosen",
				"grep -r NVGRACE_GPU_BIND /etc/udev/rules.d\nnvgrace-gpu bind --persist %s",
				bdf);
		return;
	case GPU_POLICY_UNKNOWN:
		break;
	}
	if (!gpu->auto_bound) {
		finding = diagnosis_add(diagnosis, VERDICT_WARNING,
					"%s: udev does not bind a %s unless told to", bdf,
					gpu->product);
		finding->code = "not-by-default";
		finding_explain(finding,
				"after the next boot it would have no driver",
				"nvgrace-gpu bind --persist %s", bdf);
	} else if (udev_rule_is_masked(mask)) {
		finding = diagnosis_add(diagnosis, VERDICT_WARNING,
					"%s: %s is in the place of the rule that binds it at boot",
					bdf, mask);
		finding->code = "masked-rule";
		finding_mend(finding, "after the next boot it would have no driver",
			     fix_masked_rule(diagnosis, mask));
	} else if (udev_rule_is_there()) {
		finding = diagnosis_add(diagnosis, VERDICT_WARNING,
					"%s: udev has not seen it since the package is there", bdf);
		finding->code = "not-seen";
		finding_explain(finding,
				"it is bound at the next boot, not now",
				"udevadm trigger " PCI_DEVICE_FOLDER "%s", bdf);
	} else {
		finding = diagnosis_add(diagnosis, VERDICT_WARNING,
					"%s: there is no udev rule that binds it at boot", bdf);
		finding->code = "no-rule";
		finding->why = "the rule comes with the driver's package";
		finding->fix = distribution_install(&diagnosis->host.distribution,
						    GPU_MODULE "-dkms",
						    "the package " GPU_MODULE "-dkms");
	}
}

/*
 * A driver that is told ids takes the GPU when it is loaded, mostly before udev looks at it:
 * what gives it to vfio-pci, with the commands that end that, both from malloc(); or false.
 */
static bool find_ids(const struct diagnosis *diagnosis, const struct gpu *gpu,
		     struct finding *found)
{
	const struct distribution *distribution = &diagnosis->host.distribution;
	struct command_line_word word;
	struct modprobe_line line;
	char id[16];

	snprintf(id, sizeof(id), "%04x:%04x", gpu->pci.vendor, gpu->pci.device);
	if (command_line_find(&word, "vfio_pci.ids", id)) {
		found->code = "ids-of-command-line";
		found->seen = text_format("the kernel's command line gives it to vfio-pci: %s",
					  word.text);
		found->fix = distribution_command_line(distribution, word.text,
						       word.without[0] ? word.without : NULL);
	} else if (modprobe_find_part(&line, "options", "vfio-pci", id)) {
		found->code = "ids-of-modprobe";
		found->seen = text_format("%s gives it to vfio-pci: %s", line.file, line.text);
		found->fix = text_format("sed --in-place '%us/%s,\\?//I' %s\n%s", line.number, id,
					 line.file,
					 distribution->facts->initramfs ?: "# make the initramfs anew");
	} else {
		return false;
	}
	return true;
}

static void check_ids(struct diagnosis *diagnosis, const struct gpu *gpu)
{
	struct finding found = {};
	struct finding *finding;

	if (!find_ids(diagnosis, gpu, &found))
		return;
	finding = diagnosis_add(diagnosis, VERDICT_WARNING, "%s: %s", gpu->pci.bdf, found.seen);
	finding->code = found.code;
	finding_mend(finding,
		     "vfio-pci has it at every boot before udev can give it to the driver, and knows nothing of its memory",
		     found.fix);
	free(found.seen);
}

void check_policy(struct diagnosis *diagnosis)
{
	for (size_t i = 0; i < diagnosis->gpus.count; i++)
		check_one_policy(diagnosis, &diagnosis->gpus.gpus[i]);
	for (size_t i = 0; i < diagnosis->gpus.count; i++)
		check_ids(diagnosis, &diagnosis->gpus.gpus[i]);
}

/* A managed device of libvirt's, between guests. */
static bool is_idle(const struct gpu *gpu)
{
	struct text_version version;

	return !gpu->pci.driver[0] && !gpu->pci.override[0] && module_is_loaded(GPU_DRIVER) &&
	       libvirt_version(&version) != -ENOENT;
}

/*
 * A driver that is gone takes no memory back, and at boot the kernel has none of it yet.
 * `bind --persist` would be refused now, too.
 */
static char *fix_left_behind(const struct diagnosis *diagnosis, const struct gpu *gpu)
{
	const char *initramfs = diagnosis->host.distribution.facts->initramfs;

	if (gpu->auto_bound || gpu->policy == GPU_POLICY_YES)
		return text_copy("reboot");
	return text_format("echo 'SUBSYSTEM==\"pci\", KERNEL==\"%s\", ENV{NVGRACE_GPU_BIND}=\"yes\"' >>/etc/udev/rules.d/60-nvgrace-gpu.rules\n"
			   "%s\nreboot", gpu->pci.bdf, initramfs ?: "# make the initramfs anew");
}

static void add_given_memory(struct diagnosis *diagnosis, const struct gpu *gpu)
{
	const char *bdf = gpu->pci.bdf;
	struct finding *finding;

	if (given_memory_has_owner(gpu)) {
		finding = diagnosis_add(diagnosis, VERDICT_PROBLEM,
					"%s: %s has it, and has given GPU memory to Linux: "
					GIVEN_MEMORY " in /proc/iomem", bdf, gpu->pci.driver);
		finding->code = "gave-memory";
		finding_explain(finding,
				"memory that Linux uses cannot be given to a guest: first what uses the GPU has to end",
				REFUSAL_STOP_SERVICES "nvgrace-gpu bind %s", bdf);
		return;
	}
	finding = diagnosis_add(diagnosis, VERDICT_PROBLEM,
				"%s: a GPU driver that has gone has left GPU memory to Linux: "
				GIVEN_MEMORY " in /proc/iomem", bdf);
	finding->code = "left-memory";
	finding_mend(finding, "memory that Linux uses cannot be given to a guest",
		     fix_left_behind(diagnosis, gpu));
}

/* For how long, in seconds; -1 if that is not known. */
static long awaited_for(__u64 since)
{
	char text[64];
	__u64 now;

	/* "4711.08 9320.55": since the kernel was started, and idle. */
	if (tree_line(text, sizeof(text), "/proc/uptime") || !text_scan(text, 10, &now) ||
	    now < since / 1000000)
		return -1;
	return now - since / 1000000;
}

static void add_awaited(struct diagnosis *diagnosis, const struct gpu *gpu, __u64 since)
{
	const char *bdf = gpu->pci.bdf;
	long seconds = awaited_for(since);
	struct finding *finding;
	char time[32] = "";

	if (seconds >= 0)
		snprintf(time, sizeof(time), " for %ld s", seconds);
	finding = diagnosis_add(diagnosis,
				seconds > AWAITED_MAX ? VERDICT_PROBLEM : VERDICT_UNKNOWN,
				"%s: its memory is not ready yet: the driver has waited%s, and takes it when it is",
				bdf, time);
	finding->code = "awaited";
	finding_explain(finding, "no guest can have it before",
			"# if it stays so for more than 5 minutes:\n"
			"dmesg | grep '%s: '\n" REFUSAL_POWER_CYCLE, bdf);
}

/* Another driver has it; one that was told to take it would do so again at the next boot. */
static struct finding *add_other(struct diagnosis *diagnosis, const struct gpu *gpu)
{
	const char *bdf = gpu->pci.bdf;
	struct finding found = {};
	struct finding *finding;

	if (strcmp(gpu->pci.driver, "vfio-pci") || !find_ids(diagnosis, gpu, &found))
		return diagnosis_add(diagnosis, VERDICT_PROBLEM, "%s: %s has it", bdf,
				     gpu->pci.driver);
	finding = diagnosis_add(diagnosis, VERDICT_PROBLEM, "%s: %s has it: %s", bdf,
				gpu->pci.driver, found.seen);
	finding->fix = text_format("%s\nnvgrace-gpu bind %s", found.fix, bdf);
	free(found.seen);
	free(found.fix);
	return finding;
}

static void check_one_driver(struct diagnosis *diagnosis, const struct gpu *gpu)
{
	const char *bdf = gpu->pci.bdf;
	const char *override = gpu->pci.override;
	struct finding *finding;
	char message[256];
	__u64 since;

	if (gpu->origin == GPU_OF_PACKAGE || gpu->origin == GPU_OF_KERNEL) {
		diagnosis_add(diagnosis, VERDICT_OK, "%s: bound to %s%s", bdf, gpu->pci.driver,
			      gpu->origin == GPU_OF_KERNEL ? " of the kernel" : "");
		return;
	}
	if (refusal_is_awaited(diagnosis, gpu, &since)) {
		add_awaited(diagnosis, gpu, since);
		return;
	}
	if (refusal_find(diagnosis, gpu, message, sizeof(message))) {
		finding = diagnosis_add(diagnosis, VERDICT_PROBLEM, "%s: the driver refused it: %s",
					bdf, message);
		finding->code = "refused";
		finding_explain(finding,
				"a GPU without the driver cannot be given to a guest with its memory",
				"# when that is mended:\nnvgrace-gpu bind %s", bdf);
		return;
	}
	if (given_memory_is_of(gpu)) {
		add_given_memory(diagnosis, gpu);
		return;
	}
	if (is_idle(gpu)) {
		finding = diagnosis_add(diagnosis, VERDICT_UNKNOWN,
					"%s: it has no driver; libvirt gives it one when a guest starts, if it is managed",
					bdf);
		finding->code = "idle";
		finding_explain(finding, "for QEMU alone it has to be bound first",
				"nvgrace-gpu bind %s", bdf);
		return;
	}
	if (!gpu->pci.driver[0] && !strcmp(override, GPU_MODULE)) {
		finding = diagnosis_add(diagnosis, VERDICT_PROBLEM,
					"%s: driver_override is %s, the name of the module; the driver's is %s",
					bdf, GPU_MODULE, GPU_DRIVER);
		finding->code = "name-of-module";
		finding_explain(finding, "no driver has that name, so the GPU gets none",
				"nvgrace-gpu bind %s --force", bdf);
		return;
	}
	if (gpu->pci.driver[0])
		finding = add_other(diagnosis, gpu);
	else
		finding = diagnosis_add(diagnosis, VERDICT_PROBLEM, "%s: it has no driver%s%s", bdf,
					override[0] && strcmp(override, GPU_DRIVER) ?
						", and driver_override gives it to " :
						"",
					strcmp(override, GPU_DRIVER) ? override : "");
	finding->code = gpu->pci.driver[0] ? "other-driver" : "no-driver";
	finding->why = "a GPU without the driver cannot be given to a guest with its memory";
	if (finding->fix)
		return;
	if (gpu->policy == GPU_POLICY_DRIVERCTL)
		finding->fix =
			text_format("driverctl unset-override %s\nnvgrace-gpu bind %s", bdf, bdf);
	else
		finding->fix = text_format("nvgrace-gpu bind %s%s%s",
					   gpu->auto_bound || gpu->policy == GPU_POLICY_YES ?
						   "" :
						   "--persist ",
					   bdf,
					   override[0] && strcmp(override, GPU_DRIVER) &&
							   strcmp(override, gpu->pci.driver) ?
						   " --force" :
						   "");
}

void check_driver(struct diagnosis *diagnosis)
{
	for (size_t i = 0; i < diagnosis->gpus.count; i++)
		check_one_driver(diagnosis, &diagnosis->gpus.gpus[i]);
}
