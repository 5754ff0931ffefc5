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
#include <time.h>
#include <unistd.h>

#include "base/array.h"
#include "base/tree.h"
#include "host/gpu_log.h"
#include "host/kernel_log.h"
#include "host/module.h"
#include "moves/move.h"
#include "moves/persist.h"

/* Longer than any time-out of the hardware, which is the driver's to judge. */
#define PATIENCE_MS (300 * 1000)
#define MOMENT_MS 200

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

/*
 * The driver and driver_override that it had.  Nothing is said here: who reads it may keep
 * us waiting.
 */
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
	/* Better any driver that the kernel has for it than none. */
	if (gpu->pci.driver[0] && !driver_now(&now, bdf)[0])
		tree_write(bdf, "/sys/bus/pci/drivers_probe");
}

static void tell_restored(const struct gpu *gpu)
{
	const char *bdf = gpu->pci.bdf;
	struct pci_device now;

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

/* Whether somebody wants this to end; the signals are held back meanwhile. */
static bool is_interrupted(void)
{
	static const int ends[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE };
	sigset_t pending;

	sigpending(&pending);
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		if (sigismember(&pending, ends[i]))
			return true;
	}
	return false;
}

/* Whether the last thing that the driver has said of it is that it probes again, by itself. */
static bool is_awaited(const char *bdf, const char *driver)
{
	char prefix[128], message[256] = "";
	struct kernel_log_record record;
	const char *position;
	char *log;

	kernel_log_read(&log);
	snprintf(prefix, sizeof(prefix), "%s %s: ", driver, bdf);
	for (position = log; position && kernel_log_next(&position, prefix, message,
							 sizeof(message), &record);)
		;
	free(log);
	return gpu_log_is_wait(message);
}

/*
 * The kernel probes a GPU of a NUMA node in a thread of its own, where the driver does not
 * wait for the memory as long as it may take.  It says in the end how that went, if nobody
 * has told it not to go on.
 */
static void wait_for_memory(const char *bdf, const char *driver)
{
	const struct timespec moment = { .tv_nsec = MOMENT_MS * 1000 * 1000 };
	struct pci_device now;

	for (int i = 0; i < PATIENCE_MS / MOMENT_MS && is_awaited(bdf, driver); i++) {
		if (!i)
			SAY("its memory is not ready yet: waiting for it", bdf);
		if (is_interrupted() || pci_device_read(&now, bdf) || strcmp(now.override, driver))
			break;
		nanosleep(&moment, NULL);
	}
}

/* 0 if it has the driver now; else what it had before is there again. */
static int move_one(const struct move_request *request, const struct gpu *gpu)
{
	const char *bdf = gpu->pci.bdf;
	const char *to = request->to;
	bool is_done = move_is_done(request, gpu);
	struct pci_device now;
	int ret;

	ret = set_override(bdf, to ? to : "");
	if (!ret && !is_done)
		ret = take_away(bdf, gpu->pci.driver);
	if (ret) {
		restore(gpu);
		SAY("it could not be taken from %s: %s", bdf, or_none(gpu->pci.driver),
		    strerror(-ret));
		tell_restored(gpu);
		return ret;
	}
	if (to && !is_done)
		ret = is_interrupted() ? -EINTR : tree_write(bdf, "/sys/bus/pci/drivers_probe");
	if (to && !is_done && ret != -EINTR)
		wait_for_memory(bdf, to);
	if (strcmp(driver_now(&now, bdf), to ? to : "")) {
		restore(gpu);
		if (ret != -EINTR)
			explain_refusal(bdf, or_none(to), ret);
		tell_restored(gpu);
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

	while (done < plan->count && !is_interrupted() && !move_one(request, &plan->gpus[done]))
		done++;
	if (done == plan->count)
		return 0;
	for (size_t i = done; i-- > 0;)
		restore(&plan->gpus[i]);
	if (is_interrupted())
		fputs("nvgrace-gpu: interrupted\n", stderr);
	for (size_t i = done; i-- > 0;)
		tell_restored(&plan->gpus[i]);
	return 1;
}

/* A signal in the middle would leave a GPU without a driver; it is heeded between two steps. */
static int move_undisturbed(const struct move_request *request, const struct gpus *plan,
			    struct persist *persist, const struct gpus *kept)
{
	static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS };
	sigset_t signals, before;
	int ret;

	sigfillset(&signals);
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++)
		sigdelset(&signals, faults[i]);
	sigprocmask(SIG_BLOCK, &signals, &before);
	ret = kept->count ? persist_write(persist, kept, request->keep) : 0;
	if (ret)
		fputs("nvgrace-gpu: nothing was changed\n", stderr);
	else
		ret = move_planned(request, plan);
	if (ret)
		persist_undo(persist);
	fflush(stdout);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return ret ? 1 : 0;
}

static void add_gpu(struct gpus *list, const struct gpu *gpu)
{
	list->gpus = array_resize(list->gpus, list->count + 1, sizeof(*gpu));
	list->gpus[list->count++] = *gpu;
}

/* Those that are to move, and those that get a rule; -1 if one of them must not. */
static int make_plan(const struct move_request *request, struct gpus *plan, struct gpus *kept)
{
	struct users *users = users_find(request->gpus);
	int ret = 0;

	for (size_t i = 0; i < request->gpus->count; i++) {
		const struct gpu *gpu = &request->gpus->gpus[i];
		bool is_same = move_is_done(request, gpu) &&
			       !strcmp(gpu->pci.override, request->keep ? request->to : "");
		enum move_verdict verdict = MOVE_ALLOWED;

		if (!is_same || request->persist)
			verdict = move_judge(request, gpu, &users[i]);
		if (verdict == MOVE_REFUSED)
			ret = -1;
		if (verdict != MOVE_ALLOWED)
			continue;
		if (request->persist)
			add_gpu(kept, gpu);
		if (is_same)
			printf("%s: it has %s already\n", gpu->pci.bdf, or_none(request->to));
		else
			add_gpu(plan, gpu);
	}
	users_free(users, request->gpus->count);
	return ret;
}

/* 0 if the kernel that runs has a module of that name, which says nothing of its loading. */
static int would_load(const char *driver)
{
	struct module module;
	char release[96];
	int ret;

	tree_line(release, sizeof(release), "/proc/sys/kernel/osrelease");
	ret = module_find(&module, release, driver);
	if (!ret)
		printf("%s: its module would be loaded\n", driver);
	return ret;
}

static bool driver_is_there(const char *driver, bool dry)
{
	int ret;

	if (!driver || tree_exists(PCI_DRIVER_FOLDER "%s", driver))
		return true;
	ret = dry ? would_load(driver) : module_load(driver);
	if (dry ? !ret : tree_exists(PCI_DRIVER_FOLDER "%s", driver))
		return true;
	SAY("there is no such PCI driver, and no module could be loaded%s%s",
	    driver, ret ? ": " : "", ret ? strerror(-ret) : "");
	return false;
}

/*
 * One at a time on a machine, from the first look to the last change; this file can be
 * opened by those who may move devices, and by nobody else.
 */
static int lock(void)
{
	int fd = tree_open(O_WRONLY, "/sys/bus/pci/drivers_probe");
	int ret;

	if (fd < 0) {
		fprintf(stderr, "nvgrace-gpu: drivers cannot be changed: %s%s\n", strerror(-fd),
			fd == -EACCES ? " (root can)" : "");
		return fd;
	}
	ret = flock(fd, LOCK_EX | LOCK_NB);
	if (ret && errno == EWOULDBLOCK) {
		fputs("nvgrace-gpu: another process moves GPUs: waiting for it\n", stderr);
		do {
			ret = flock(fd, LOCK_EX);
		} while (ret && errno == EINTR);
	}
	if (!ret)
		return fd;
	ret = -errno;
	fprintf(stderr, "nvgrace-gpu: others cannot be kept out: %s\n", strerror(-ret));
	close(fd);
	return ret;
}

/* As they are now that nobody else moves them. */
static int read_again(struct gpus *now, const struct gpus *gpus)
{
	*now = (struct gpus){ .gpus = array_resize(NULL, gpus->count, sizeof(*now->gpus)) };
	for (; now->count < gpus->count; now->count++) {
		const char *bdf = gpus->gpus[now->count].pci.bdf;

		if (gpu_read(&now->gpus[now->count], bdf)) {
			SAY("it is gone", bdf);
			return -ENODEV;
		}
	}
	return 0;
}

static void tell_plan(const struct move_request *request, const struct gpus *plan,
		      const struct gpus *kept)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct pci_device *pci = &plan->gpus[i].pci;

		printf("%s: would have %s instead of %s; driver_override would be %s\n", pci->bdf,
		       or_none(request->to), or_none(pci->driver),
		       request->keep ? request->to : "not set");
	}
	persist_would(kept, request->keep);
}

static int move_locked(struct move_request request)
{
	struct gpus now, plan = {}, kept = {};
	struct persist persist = {};
	int ret = 1;

	if (!read_again(&now, request.gpus)) {
		request.gpus = &now;
		if (make_plan(&request, &plan, &kept) ||
		    (plan.count && !driver_is_there(request.to, request.dry)))
			fprintf(stderr, "nvgrace-gpu: nothing was changed\n");
		else if (request.dry)
			ret = 0;
		else
			ret = move_undisturbed(&request, &plan, &persist, &kept);
	}
	if (!ret && request.dry)
		tell_plan(&request, &plan, &kept);
	else if (!ret && kept.count)
		ret = persist_tell(&persist, request.keep);
	persist_free(&persist);
	gpus_free(&kept);
	gpus_free(&plan);
	gpus_free(&now);
	return ret;
}

int move(const struct move_request *request)
{
	int lock_fd;
	int ret;

	if (!request->gpus->count) {
		fputs("nvgrace-gpu: no GPU that the driver knows is on a PCI bus\n", stderr);
		return 1;
	}
	/* Who only looks keeps nobody out, and need not be root. */
	if (request->dry)
		return move_locked(*request);
	lock_fd = lock();
	if (lock_fd < 0)
		return 1;
	ret = move_locked(*request);
	close(lock_fd);
	return ret;
}
