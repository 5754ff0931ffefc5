// SPDX-License-Identifier: GPL-2.0-only
/*
 * metrics: what an operator wants to be told of, for Prometheus.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/tree.h"
#include "checks/diagnosis.h"
#include "host/module.h"
#include "host/users.h"
#include "output/exposition.h"
#include "output/report.h"

/* What the driver says in numbers.  What it does not have is left out. */
static const struct attribute {
	const char *file;
	struct metric metric;
} attributes[] = {
	{ "usemem_size", { "nvgrace_gpu_usemem_size_bytes", "bytes",
		"Cached memory of the GPU.", false } },
	{ "usemem_bar_size", { "nvgrace_gpu_usemem_bar_size_bytes", "bytes",
		"The BAR that shows the cached memory.", false } },
	{ "resmem_size", { "nvgrace_gpu_resmem_size_bytes", "bytes",
		"Non-cached memory of the GPU, 0 if it has none.", false } },
	{ "resmem_bar_size", { "nvgrace_gpu_resmem_bar_size_bytes", "bytes",
		"The BAR that shows the non-cached memory.", false } },
	{ "mig_erratum", { "nvgrace_gpu_mig_erratum", NULL,
		"Whether MIG needs the non-cached memory.", false } },
	{ "lost_pages", { "nvgrace_gpu_lost_pages", NULL,
		"Pages of GPU memory that are kept from guests after memory errors.", false } },
	{ "resets", { "nvgrace_gpu_resets_total", NULL,
		"Resets of the GPU since it was bound, with those that failed.", false } },
	{ "reset_failures", { "nvgrace_gpu_reset_failures_total", NULL,
		"Resets that failed since the GPU was bound.", false } },
	{ "readiness_timeouts", { "nvgrace_gpu_readiness_timeouts_total", NULL,
		"How often the memory was not ready in time since the GPU was bound.", false } },
	{ "last_ready_ms", { "nvgrace_gpu_last_ready_seconds", "seconds",
		"How long the memory was waited for the last time.", true } },
};

static void add_attributes(struct exposition *exposition, const struct gpus *gpus)
{
	__u64 value;

	for (size_t i = 0; i < ARRAY_SIZE(attributes); i++) {
		const struct attribute *attribute = &attributes[i];

		for (size_t j = 0; j < gpus->count; j++) {
			const char *bdf = gpus->gpus[j].pci.bdf;

			if (!tree_number(&value, PCI_DEVICE_FOLDER "%s/nvgrace_gpu/%s", bdf,
					 attribute->file))
				exposition_add(exposition, &attribute->metric, value, "bdf", bdf,
					       NULL);
		}
	}
}

static void add_info(struct exposition *exposition, const struct gpus *gpus)
{
	static const struct metric count = {
		"nvgrace_gpu_devices", NULL, "GPUs that the driver is for.", false
	}, info = {
		"nvgrace_gpu_info", NULL,
		"What the GPU is sold as, the driver it is bound to, and where that reads readiness.",
		false
	}, bound = {
		"nvgrace_gpu_driver_bound", NULL,
		"Whose driver the GPU is bound to: the package's, the kernel's own, another one, none.",
		false
	};

	exposition_add(exposition, &count, gpus->count, NULL);
	for (size_t i = 0; i < gpus->count; i++) {
		const struct gpu *gpu = &gpus->gpus[i];

		exposition_add(exposition, &info, 1, "bdf", gpu->pci.bdf, "product", gpu->product,
			       "driver", gpu->pci.driver, "driver_version", gpu->driver_version,
			       "readiness_method", gpu->readiness_method, NULL);
	}
	for (size_t i = 0; i < gpus->count; i++) {
		for (enum gpu_origin origin = GPU_UNBOUND; origin <= GPU_OF_OTHERS; origin++)
			exposition_add(exposition, &bound, gpus->gpus[i].origin == origin, "bdf",
				       gpus->gpus[i].pci.bdf, "origin", gpu_origin_name(origin),
				       NULL);
	}
}

/* Of all that there are, and that there should be. */
static void add_present(struct exposition *exposition, const struct diagnosis *diagnosis)
{
	static const struct metric metric = {
		"nvgrace_gpu_present", NULL,
		"Whether the GPU answers on the PCI bus; 0, too, where it is named and not there.",
		false
	};
	const struct gpus *gpus = &diagnosis->gpus, *off = &diagnosis->off_bus;

	for (size_t i = 0; i < gpus->count; i++)
		exposition_add(exposition, &metric, 1, "bdf", gpus->gpus[i].pci.bdf, NULL);
	for (size_t i = 0; i < off->count; i++)
		exposition_add(exposition, &metric, 0, "bdf", off->gpus[i].pci.bdf, NULL);
	for (size_t i = 0; i < diagnosis->absent.count; i++)
		exposition_add(exposition, &metric, 0, "bdf", diagnosis->absent.gpus[i].bdf, NULL);
}

static void add_readiness(struct exposition *exposition, const struct gpus *gpus)
{
	static const char *const states[] = { "ready", "pending", "timed-out", "resetting" };
	static const struct metric metric = {
		"nvgrace_gpu_readiness", NULL,
		"Whether the memory is usable, as far as it is known since the last reset.", false
	};

	for (size_t i = 0; i < gpus->count; i++) {
		const struct gpu *gpu = &gpus->gpus[i];

		for (size_t j = 0; gpu->readiness[0] && j < ARRAY_SIZE(states); j++)
			exposition_add(exposition, &metric, !strcmp(gpu->readiness, states[j]),
				       "bdf", gpu->pci.bdf, "state", states[j], NULL);
	}
}

/* Where some could not be seen, that there are none is not known. */
static void add_users(struct exposition *exposition, const struct gpus *gpus)
{
	static const struct metric metric = {
		"nvgrace_gpu_open_processes", NULL,
		"Processes that have the GPU open, by whether they run a guest.", false
	};
	struct users *users = users_find(gpus);

	for (size_t i = 0; i < gpus->count; i++) {
		size_t guests = 0;

		for (size_t j = 0; j < users[i].count; j++)
			guests += users[i].users[j].runs_guest;
		if (guests || !users[i].hidden)
			exposition_add(exposition, &metric, guests, "bdf", gpus->gpus[i].pci.bdf,
				       "runs_guest", "yes", NULL);
		if (users[i].count > guests || !users[i].hidden)
			exposition_add(exposition, &metric, users[i].count - guests, "bdf",
				       gpus->gpus[i].pci.bdf, "runs_guest", "no", NULL);
	}
	users_free(users, gpus->count);
}

/* The worst that a check has found. */
static enum verdict verdict_of(const struct diagnosis *diagnosis, const char *check)
{
	enum verdict worst = VERDICT_OK;

	for (size_t i = 0; i < diagnosis->count; i++) {
		const struct finding *finding = &diagnosis->findings[i];

		if (!strcmp(finding->check->id, check) && finding->verdict > worst)
			worst = finding->verdict;
	}
	return worst;
}

static void add_module(struct exposition *exposition, const struct diagnosis *diagnosis)
{
	static const struct metric info = {
		"nvgrace_gpu_host_info", NULL,
		"The kernel that runs, the one that boots next, versions of the driver and of this tool.",
		false
	}, loaded = {
		"nvgrace_gpu_module_loaded", NULL, "Whether the driver's module is loaded.", false
	}, current = {
		"nvgrace_gpu_module_current", NULL,
		"Whether the module that is loaded is of the version that is installed.", false
	};
	const struct host *host = &diagnosis->host;
	bool is_loaded = module_is_loaded(GPU_DRIVER);
	struct module module;
	char version[32];
	int ret = module_find(&module, host->release, GPU_MODULE);

	tree_line(version, sizeof(version), "/sys/module/" GPU_DRIVER "/version");
	exposition_add(exposition, &info, 1, "kernel", host->release, "next_kernel",
		       host->next_release, "loaded_version", version, "installed_version",
		       module.version, "tool_version", VERSION, NULL);
	exposition_add(exposition, &loaded, is_loaded, NULL);
	if (is_loaded && !ret)
		exposition_add(exposition, &current, !strcmp(version, module.version), NULL);
}

static void add_next_kernel(struct exposition *exposition, const struct diagnosis *diagnosis)
{
	static const struct metric metric = {
		"nvgrace_gpu_next_kernel_has_module", NULL,
		"Whether the kernel that boots next has a module that it takes.", false
	};
	const struct host *host = &diagnosis->host;
	bool runs = !strcmp(host->release, host->next_release);
	enum verdict verdict = verdict_of(diagnosis, runs ? "module" : "next-kernel");
	struct module module;
	int ret;

	/* Which one it is may not be known. */
	if (!host->next_release[0])
		return;
	ret = module_find(&module, host->next_release, GPU_MODULE);
	if (ret && ret != -ENOENT)
		return;
	/* That it is only the kernel's own is a warning of the check's. */
	exposition_add(exposition, &metric,
		       !ret && (module.came_with_kernel || verdict < VERDICT_WARNING), "kernel",
		       host->next_release, NULL);
}

static void add_trust(struct exposition *exposition, const struct diagnosis *diagnosis)
{
	static const struct metric metric = {
		"nvgrace_gpu_module_trusted", NULL,
		"Whether the kernel takes the driver's module, signed as it is.", false
	};
	enum verdict verdict = verdict_of(diagnosis, "trust");

	if (verdict != VERDICT_UNKNOWN)
		exposition_add(exposition, &metric, verdict == VERDICT_OK, NULL);
}

static void add_findings(struct exposition *exposition, const struct diagnosis *diagnosis)
{
	static const struct metric metric = {
		"nvgrace_gpu_doctor_findings", NULL,
		"What nvgrace-gpu doctor finds, by check and result.", false
	};

	/* Those of a check are together. */
	for (size_t i = 0, next; i < diagnosis->count; i = next) {
		size_t counts[VERDICT_PROBLEM + 1] = {};
		const struct check *check = diagnosis->findings[i].check;

		for (next = i; next < diagnosis->count && diagnosis->findings[next].check == check;
		     next++)
			counts[diagnosis->findings[next].verdict]++;
		for (size_t j = 0; j < ARRAY_SIZE(counts); j++)
			exposition_add(exposition, &metric, counts[j], "check", check->id, "result",
				       report_verdict(j), NULL);
	}
}

int report_metrics(const struct gpus *gpus, const char *path)
{
	struct exposition exposition;
	struct diagnosis diagnosis = {};
	int ret;

	diagnosis_make(&diagnosis);
	exposition_begin(&exposition);
	add_info(&exposition, gpus);
	add_present(&exposition, &diagnosis);
	add_readiness(&exposition, gpus);
	add_attributes(&exposition, gpus);
	add_users(&exposition, gpus);
	add_module(&exposition, &diagnosis);
	add_next_kernel(&exposition, &diagnosis);
	add_trust(&exposition, &diagnosis);
	add_findings(&exposition, &diagnosis);
	diagnosis_free(&diagnosis);
	ret = exposition_end(&exposition, path);
	if (!ret)
		return 0;
	fprintf(stderr, "nvgrace-gpu: '%s' cannot be written: %s\n", path ? path : "-",
		ret == -EEXIST ? "something is there that is not a file" : strerror(-ret));
	return 1;
}
