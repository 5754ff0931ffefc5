// SPDX-License-Identifier: GPL-2.0-only
/*
 * bind and unbind: driver_override, then unbind, then probe; and the way back.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/array.h"
#include "base/tree.h"
#include "host/kernel_log.h"
#include "host/module.h"
#include "moves/move.h"

#define SAY(format, ...) fprintf(stderr, "%s: " format "\n", __VA_ARGS__)

static int set_override(const char *bdf, const char *driver)
{
	/* An empty line clears it. */
	return tree_write(driver[0] ? driver : "\n", PCI_DEVICE_FOLDER "%s/driver_override", bdf);
}

static int take_away(const char *bdf, const char *driver)
{
	return driver[0] ? tree_write(bdf, PCI_DRIVER_FOLDER "%s/unbind", driver) : 0;
}

static const char *driver_now(struct pci_device *pci, const char *bdf)
{
	return pci_device_read(pci, bdf) ? "" : pci->driver;
}

static const char *or_none(const char *driver)
{
	return driver && driver[0] ? driver : "no driver";
}

/* The driver and driver_override that it had. */
static void restore(const struct gpu *gpu)
{
	const char *bdf = gpu->pci.bdf;
	struct pci_device now;

	if (strcmp(driver_now(&now, bdf), gpu->pci.driver)) {
		take_away(bdf, now.driver);
		if (gpu->pci.driver[0]) {
			set_override(bdf, gpu->pci.driver);
			tree_write(bdf, PCI_DRIVER_FOLDER "%s/bind", gpu->pci.driver);
		}
	}
	set_override(bdf, gpu->pci.override);
	if (strcmp(driver_now(&now, bdf), gpu->pci.driver) ||
	    strcmp(now.override, gpu->pci.override))
		SAY("it could not be given back to %s: it has %s", bdf, or_none(gpu->pci.driver),
		    or_none(now.driver));
	else
		SAY("it has %s again", bdf, or_none(gpu->pci.driver));
}

static void explain_refusal(const char *bdf, const char *driver, int error)
{
	char prefix[128], message[256];
	char *log;

	kernel_log_read(&log);
	snprintf(prefix, sizeof(prefix), "%s %s: ", driver, bdf);
	if (kernel_log_error(log, prefix, message, sizeof(message)))
		SAY("%s refused it: %s", bdf, driver, message);
	else
		SAY("%s did not take it%s%s: see 'dmesg'", bdf, driver, error ? ": " : "",
		    error ? strerror(-error) : "");
	free(log);
}

/* 0 if it has the driver now; else what it had before is there again. */
static int move_one(const struct move_request *request, const struct gpu *gpu)
{
	const char *bdf = gpu->pci.bdf;
	const char *to = request->to;
	struct pci_device now;
	int ret;

	ret = set_override(bdf, to ? to : "");
	if (!ret)
		ret = take_away(bdf, gpu->pci.driver);
	if (ret) {
		SAY("it could not be taken from %s: %s", bdf, or_none(gpu->pci.driver),
		    strerror(-ret));
		restore(gpu);
		return ret;
	}
	if (to)
		ret = tree_write(bdf, "/sys/bus/pci/drivers_probe");
	if (strcmp(driver_now(&now, bdf), to ? to : "")) {
		explain_refusal(bdf, or_none(to), ret);
		restore(gpu);
		return ret ? ret : -ENODEV;
	}
	if (!request->keep)
		set_override(bdf, "");
	printf("%s: %s, before that %s; driver_override is %s\n", bdf, or_none(to),
	       or_none(gpu->pci.driver), request->keep ? to : "not set");
	return 0;
}

/* All of them, or those that moved already go back, last one first. */
static int move_planned(const struct move_request *request, const struct gpus *plan)
{
	size_t done = 0;

	while (done < plan->count && !move_one(request, &plan->gpus[done]))
		done++;
	if (done == plan->count)
		return 0;
	while (done-- > 0)
		restore(&plan->gpus[done]);
	return 1;
}

/* Between the two, an interruption would leave a GPU in the middle. */
static int move_undisturbed(const struct move_request *request, const struct gpus *plan)
{
	sigset_t signals, before;
	int ret;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGPIPE);
	sigprocmask(SIG_BLOCK, &signals, &before);
	ret = move_planned(request, plan);
	fflush(stdout);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return ret;
}

/* Those that are to move; -1 if one of them must not. */
static int make_plan(const struct move_request *request, struct gpus *plan)
{
	int ret = 0;

	*plan = (struct gpus){};
	for (size_t i = 0; i < request->gpus->count; i++) {
		const struct gpu *gpu = &request->gpus->gpus[i];

		if (!strcmp(gpu->pci.driver, request->to ? request->to : "") &&
		    (!request->keep || !strcmp(gpu->pci.override, request->to))) {
			printf("%s: it has %s already\n", gpu->pci.bdf, or_none(request->to));
			continue;
		}
		if (!move_is_allowed(request, gpu)) {
			/* With --all, what somebody has chosen is no failure. */
			if (!request->all || gpu->policy == GPU_POLICY_UNKNOWN ||
			    gpu->policy == GPU_POLICY_YES)
				ret = -1;
			continue;
		}
		plan->gpus = array_resize(plan->gpus, plan->count + 1, sizeof(*gpu));
		plan->gpus[plan->count++] = *gpu;
	}
	return ret;
}

static bool driver_is_there(const char *driver)
{
	int ret;

	if (!driver || tree_exists(PCI_DRIVER_FOLDER "%s", driver))
		return true;
	ret = module_load(driver);
	if (tree_exists(PCI_DRIVER_FOLDER "%s", driver))
		return true;
	SAY("there is no such PCI driver, and no module could be loaded%s%s",
	    driver, ret ? ": " : "", ret ? strerror(-ret) : "");
	return false;
}

/* One at a time on a machine; this file can be opened by those who may move devices. */
static int lock(void)
{
	int fd = tree_open(O_WRONLY, "/sys/bus/pci/drivers_probe");

	if (fd >= 0)
		flock(fd, LOCK_EX);
	else
		fprintf(stderr, "nvgrace-gpu: drivers cannot be changed: %s%s\n", strerror(-fd),
			fd == -EACCES ? " (root can)" : "");
	return fd;
}

int move(const struct move_request *request)
{
	struct gpus plan;
	int lock_fd = lock();
	int ret = 1;

	if (lock_fd < 0)
		return 1;
	if (!make_plan(request, &plan) && (!plan.count || driver_is_there(request->to)))
		ret = move_undisturbed(request, &plan);
	else
		fprintf(stderr, "nvgrace-gpu: nothing was changed\n");
	gpus_free(&plan);
	close(lock_fd);
	return ret;
}
