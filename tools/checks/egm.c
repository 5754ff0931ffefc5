// SPDX-License-Identifier: GPL-2.0-only
/*
 * Check of EGM: memory of the host that firmware sets apart for guests, and that the GPU
 * reaches too.  NVIDIA's kernels give it to guests as /dev/egmN, by the module nvgrace-egm
 * and a driver of our driver's name; ours has nothing for it.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/tree.h"
#include "checks/diagnosis.h"
#include "host/acpi.h"
#include "host/module.h"

#define PROPERTY_EGM_SIZE "nvidia,egm-size"

/* What scripts/package-setup and dkms.conf know by this name. */
#define KEEP_EGM "/etc/dkms/" GPU_MODULE ".keep-egm"
#define PACKAGE_SETUP "/usr/libexec/" GPU_MODULE "/package-setup"

bool egm_is_for(const char *release)
{
	struct acpi_property size = {};
	struct module egm;

	if (module_find(&egm, release, "nvgrace-egm") || !egm.came_with_kernel)
		return false;
	/* Who cannot read the tables is told of it all the same. */
	return acpi_property_read(&size, PROPERTY_EGM_SIZE) || size.named;
}

/* Those that are there now: "/dev/egm0 /dev/egm1". */
static char *egm_devices(void)
{
	char *devices = text_copy("");
	struct tree_names names;

	tree_list(&names, "/dev");
	for (size_t i = 0; i < names.count; i++) {
		char *more;

		if (strncmp(names.names[i], "egm", 3) || !isdigit((unsigned char)names.names[i][3]))
			continue;
		text_clean(names.names[i]);
		more = text_format("%s%s/dev/%s", devices, devices[0] ? " " : "", names.names[i]);
		free(devices);
		devices = more;
	}
	tree_names_free(&names);
	return devices;
}

static char *fix_egm(const char *release)
{
	char version[32];

	if (module_package_version(version, sizeof(version)))
		return text_format("# to have the own driver of kernels with EGM:\n"
				   "touch " KEEP_EGM "\n" PACKAGE_SETUP " configure %s\nreboot",
				   version);
	return text_format("# to have the kernel's own driver:\n"
			   "rm \"$(modinfo --set-version %s --field filename " GPU_MODULE ")\"\n"
			   "depmod %s\nreboot",
			   release, release);
}

/* What becomes of /dev/egmN in a kernel that runs, or is the next one. */
static char *device_fate(bool running)
{
	char *devices = egm_devices();
	char *fate;

	if (running && !devices[0])
		fate = text_copy("/dev/egmN is missing");
	else
		fate = text_format("%s is gone after the next boot",
				   devices[0] ? devices : "/dev/egmN");
	free(devices);
	return fate;
}

static void check_kernel_egm(struct diagnosis *diagnosis, const char *release, bool running)
{
	struct module driver;
	struct finding *finding;
	char *fate;

	if (!egm_is_for(release) || module_find(&driver, release, GPU_MODULE))
		return;
	/* Some DKMS put the kernel's own back into updates/; it is the one without a version. */
	if (driver.came_with_kernel || !driver.version[0]) {
		diagnosis_add(diagnosis, VERDICT_OK, "kernel %s has it, and its own driver",
			      release);
		return;
	}
	fate = device_fate(running);
	finding = diagnosis_add(diagnosis, VERDICT_WARNING,
				"kernel %s's own driver gives guests memory of the host that firmware sets apart (EGM), and %s in its place does not: %s",
				release, driver.path, fate);
	finding->code = "taken-away";
	free(fate);
	finding->why = "a guest that is to have EGM does not start without /dev/egmN";
	finding->fix = fix_egm(release);
}

void check_egm(struct diagnosis *diagnosis)
{
	const struct host *host = &diagnosis->host;

	check_kernel_egm(diagnosis, host->release, true);
	if (host->next_release[0] && strcmp(host->release, host->next_release))
		check_kernel_egm(diagnosis, host->next_release, false);
}
