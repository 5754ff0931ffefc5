// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether a GPU may go to another driver.
 */
#include <stdio.h>
#include <string.h>

#include "base/tree.h"
#include "host/given_memory.h"
#include "host/iommu_group.h"
#include "moves/move.h"

#define SAY(format, ...) fprintf(stderr, "%s: " format "\n", __VA_ARGS__)

/* Unbinding a device that is in use would wait until it is not. */
static bool is_free(const struct gpu *gpu, const struct users *users)
{
	for (size_t i = 0; i < users->count; i++) {
		const struct user *user = &users->users[i];

		SAY("%s%s%sprocess %d (%s) has it open as %s: %s", gpu->pci.bdf,
		    user->service[0] ? "service " : "", user->service,
		    user->service[0] ? ", " : "", user->pid, user->command, user->path,
		    user->service[0] ? "stop that first, with" : "end that first");
		if (user->service[0])
			fprintf(stderr, "    systemctl stop %s\n", user->service);
	}
	if (users->count)
		return false;
	if (!users_group_is_busy(&gpu->pci))
		return true;
	SAY("a process that cannot be seen from here has its group open: end that first",
	    gpu->pci.bdf);
	return false;
}

/* No driver takes it then. */
static bool is_on_bus(const struct gpu *gpu)
{
	if (!gpu_is_off_bus(gpu))
		return true;
	SAY("it reads all ones: it has fallen off the bus: power-cycle the machine", gpu->pci.bdf);
	return false;
}

static bool is_moved(const struct move_request *request, const char *bdf)
{
	for (size_t i = 0; i < request->gpus->count; i++) {
		if (!strcmp(request->gpus->gpus[i].pci.bdf, bdf))
			return true;
	}
	return false;
}

/* A GPU that no driver has looked at may have its group only then. */
static bool iommu_is_used(const struct gpu *gpu)
{
	struct tree_names names;
	bool used;

	tree_list(&names, "/sys/class/iommu");
	used = gpu->pci.group[0] || (names.count && !gpu->pci.driver[0]);
	tree_names_free(&names);
	return used;
}

/* The rest of its group has to be free, too, or to move with it. */
static bool group_is_viable(const struct move_request *request, const struct gpu *gpu)
{
	struct pci_devices members;
	bool viable = true;

	if (!iommu_is_used(gpu)) {
		SAY("it is behind no IOMMU, and no guest can have it: see 'nvgrace-gpu doctor'",
		    gpu->pci.bdf);
		return false;
	}
	iommu_group_read(&members, &gpu->pci);
	for (size_t i = 0; i < members.count; i++) {
		const struct pci_device *member = &members.devices[i];

		if (iommu_group_lets(member) || is_moved(request, member->bdf))
			continue;
		viable = false;
		SAY("%s in the same IOMMU group %s has the driver %s: free that first, with",
		    gpu->pci.bdf, member->bdf, gpu->pci.group, member->driver);
		fprintf(stderr, "    echo %s >" PCI_DRIVER_FOLDER "%s/unbind\n", member->bdf,
			member->driver);
	}
	pci_devices_free(&members);
	return viable;
}

/* The driver would refuse it, and what had it before would have lost it for a moment. */
static bool memory_is_free(const struct gpu *gpu)
{
	if (!given_memory_is_of(gpu))
		return true;
	SAY("Linux uses memory of a GPU ('" GIVEN_MEMORY "' in /proc/iomem), which a GPU driver has given to it: see 'nvgrace-gpu doctor'",
	    gpu->pci.bdf);
	return false;
}

/* A driver that gives devices to guests, by its name: it may not be loaded yet. */
static bool is_for_guests(const char *driver)
{
	return driver && (!strncmp(driver, "vfio", 4) || strstr(driver, "_vfio_pci"));
}

/* unbind --all is for what was given to guests, not for what the host uses. */
static bool is_of_host(const struct gpu *gpu)
{
	return !gpu->pci.is_vfio && (gpu->pci.driver[0] || !is_for_guests(gpu->pci.override));
}

/* What somebody has chosen for this GPU stands, or is explained. */
static bool is_wanted(const struct move_request *request, const struct gpu *gpu)
{
	const char *bdf = gpu->pci.bdf;
	const char *override = gpu->pci.override;

	if (request->all && !request->keep && is_of_host(gpu)) {
		SAY("left out: %s has it, which is not for guests; name it to take it away", bdf,
		    gpu->pci.driver[0] ? gpu->pci.driver : "no driver");
		return false;
	}
	/* At boot driverctl has the last word. */
	if (gpu->policy == GPU_POLICY_DRIVERCTL && (!request->force || request->persist)) {
		SAY("driverctl decides: 'driverctl unset-override %s' ends that%s", bdf, bdf,
		    request->persist ? "" : ", --force does now");
		return false;
	}
	if (override[0] && strcmp(override, GPU_DRIVER) &&
	    strcmp(override, request->to ? request->to : "") && strcmp(override, gpu->pci.driver) &&
	    !request->force) {
		SAY("somebody has set driver_override, which gives it to %s: --force changes that",
		    bdf, override);
		return false;
	}
	if (!request->to || strcmp(request->to, GPU_DRIVER))
		return true;
	if (gpu->policy == GPU_POLICY_NO && request->all) {
		SAY("left out: a udev rule says NVGRACE_GPU_BIND=\"no\"; name it to bind it",
		    bdf);
		return false;
	}
	if (gpu->policy == GPU_POLICY_NO && !request->persist)
		SAY("a udev rule says NVGRACE_GPU_BIND=\"no\": bound until the next boot only",
		    bdf);
	return true;
}

bool move_is_done(const struct move_request *request, const struct gpu *gpu)
{
	return !strcmp(gpu->pci.driver, request->to ? request->to : "");
}

enum move_verdict move_judge(const struct move_request *request, const struct gpu *gpu,
			     const struct users *users)
{
	/* With --all, what somebody has chosen is no failure. */
	if (!is_wanted(request, gpu))
		return request->all ? MOVE_LEFT_OUT : MOVE_REFUSED;
	/* Nobody notices a change of driver_override alone. */
	if (move_is_done(request, gpu))
		return MOVE_ALLOWED;
	if (request->to && !is_on_bus(gpu))
		return MOVE_REFUSED;
	return is_free(gpu, users) &&
		       (!is_for_guests(request->to) ||
			(memory_is_free(gpu) && group_is_viable(request, gpu))) ?
		       MOVE_ALLOWED :
		       MOVE_REFUSED;
}
