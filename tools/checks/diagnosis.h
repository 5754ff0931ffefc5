/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What "doctor" finds out: findings in the order of causes.
 */
#ifndef DIAGNOSIS_H
#define DIAGNOSIS_H

#include <stdbool.h>
#include <stddef.h>

#include "host/absent.h"
#include "host/gpu.h"
#include "host/host.h"

enum verdict {
	VERDICT_OK,
	VERDICT_UNKNOWN,
	VERDICT_WARNING,
	VERDICT_PROBLEM,
};

struct check;

/**
 * struct finding - what one check says
 * @check: the check
 * @verdict: what it comes to
 * @code: the name that it has in JSON, behind the check's; stays the same when words change.
 *	NULL: "ok", or "other"
 * @bdf: the GPU that it is about, whose address @seen begins with; empty: the machine
 * @seen: what was seen, in words
 * @why: why it matters; NULL where all is well
 * @fix: commands, one a line, that can be typed as they are; NULL if there is nothing to do
 */
struct finding {
	const struct check *check;
	enum verdict verdict;
	const char *code;
	char bdf[TEXT_BDF_SIZE];
	char *seen;
	const char *why;
	char *fix;
};

/**
 * struct diagnosis - what checks look at, and what they found
 * @only_gpus: the GPUs that matter; NULL: all
 * @only_check: the check that is run; NULL: all
 * @host: the machine
 * @gpus: its GPUs that answer
 * @off_bus: those that do not, of which nothing else can be told
 * @absent: those that are named somewhere, and not there; none if only some matter
 * @log: the kernel's log
 * @log_error: why it could not be read
 * @check: the one that runs
 * @findings: in the order of the checks
 * @count: how many
 */
struct diagnosis {
	const struct gpus *only_gpus;
	const char *only_check;
	struct host host;
	struct gpus gpus;
	struct gpus off_bus;
	struct absents absent;
	char *log;
	int log_error;
	const struct check *check;
	struct finding *findings;
	size_t count;
};

/**
 * struct check - a condition for a working guest
 * @id: its name in JSON
 * @title: its name for people
 * @run: adds one finding or more
 * @of_gpus: it looks at GPUs, and is not run where there is none
 */
struct check {
	const char *id;
	const char *title;
	void (*run)(struct diagnosis *diagnosis);
	bool of_gpus;
};

/* Runs the checks. */
void diagnosis_make(struct diagnosis *diagnosis);
void diagnosis_free(struct diagnosis *diagnosis);

/* The ids of the checks, one behind the other; NULL behind the last. */
const char *check_id(size_t index);

/* Adds a finding of the check that runs; it stays where it is until the next is added. */
[[gnu::format(printf, 3, 4)]]
struct finding *diagnosis_add(struct diagnosis *diagnosis, enum verdict verdict, const char *format,
			      ...);

/* Says why it matters, and the commands that mend it. */
[[gnu::format(printf, 3, 4)]]
void finding_explain(struct finding *finding, const char *why, const char *fix, ...);

/* The same, with commands from malloc(), which are the finding's then. */
void finding_mend(struct finding *finding, const char *why, char *fix);

/* The checks, by the file that they are in. */
void check_architecture(struct diagnosis *diagnosis);
void check_gpu(struct diagnosis *diagnosis);
void check_iommu(struct diagnosis *diagnosis);
void check_group(struct diagnosis *diagnosis);
void check_pages(struct diagnosis *diagnosis);

void check_vfio(struct diagnosis *diagnosis);
void check_module(struct diagnosis *diagnosis);
void check_next_kernel(struct diagnosis *diagnosis);

void check_trust(struct diagnosis *diagnosis);

void check_egm(struct diagnosis *diagnosis);

void check_config(struct diagnosis *diagnosis);
void check_loaded(struct diagnosis *diagnosis);

void check_firmware(struct diagnosis *diagnosis);
void check_readiness(struct diagnosis *diagnosis);

void check_policy(struct diagnosis *diagnosis);
void check_driver(struct diagnosis *diagnosis);

void check_log(struct diagnosis *diagnosis);

void check_users(struct diagnosis *diagnosis);

void check_kvm(struct diagnosis *diagnosis);
void check_qemu(struct diagnosis *diagnosis);
void check_libvirt(struct diagnosis *diagnosis);
void check_access(struct diagnosis *diagnosis);
void check_memlock(struct diagnosis *diagnosis);

#define REFUSAL_POWER_CYCLE "# power-cycle the machine; if it stays, the link or the GPU is broken"

#define REFUSAL_1TO1 \
	"# update the machine's firmware, or ask its maker: its IORT table has RMR nodes for the GPU"

/* Those that keep a GPU open for as long as the host is up; then the memory goes by itself. */
#define REFUSAL_STOP_SERVICES \
	"systemctl stop nvidia-persistenced nvidia-dcgm nvidia-fabricmanager nvidia-imex\n" \
	"while grep --quiet 'System RAM (NVIDIA)' /proc/iomem; do sleep 1; done\n"

/* Why the driver refused a GPU that it does not have now, after it last had it: whether it did. */
bool refusal_find(const struct diagnosis *diagnosis, const struct gpu *gpu, char *message,
		  size_t size);
/*
 * Whether it has not taken a GPU yet, but will when the memory is ready; and since when, in
 * microseconds since the kernel was started.
 */
bool refusal_is_awaited(const struct diagnosis *diagnosis, const struct gpu *gpu, __u64 *since);
bool refusal_is_about_readiness(const char *message);

/* What there is to do about it. */
char *refusal_fix(const struct gpu *gpu, const char *message);

/* What has udev read the package's rule again, in the place of the file of that path. */
char *fix_masked_rule(const struct diagnosis *diagnosis, const char *path);

/* 0, -ENOENT if libvirt is not installed, or another error if its version cannot be seen. */
int libvirt_version(struct text_version *version);

/* Whether firmware sets EGM apart, as far as can be seen, and the kernel gives it to guests. */
bool egm_is_for(const char *release);

#endif /* DIAGNOSIS_H */
