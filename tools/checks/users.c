// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks of who uses the GPUs.
 */
#include <string.h>

#include "base/array.h"
#include "checks/diagnosis.h"
#include "host/users.h"

/* Services, by the names of their processes, which have 15 characters. */
static const char *service_of(const char *command)
{
	static const char * const services[][2] = {
		{ "nvidia-persiste", "nvidia-persistenced" },
		{ "nv-hostengine", "nvidia-dcgm" },
		{ "nv-fabricmanage", "nvidia-fabricmanager" },
		{ "nvidia-imex", "nvidia-imex" },
		{ "dcgm-exporter", "nvidia-dcgm-exporter" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(services); i++) {
		if (!strcmp(command, services[i][0]))
			return services[i][1];
	}
	return NULL;
}

static void add_user(struct diagnosis *diagnosis, const struct gpu *gpu, const struct user *user)
{
	const char *service = service_of(user->command);
	struct finding *finding;

	if (user->runs_guest) {
		diagnosis_add(diagnosis, VERDICT_OK, "%s: process %d (%s) runs a guest that has it",
			      gpu->pci.bdf, user->pid, user->command);
		return;
	}
	finding = diagnosis_add(diagnosis, VERDICT_PROBLEM,
				"%s: process %d (%s) has it open, and runs no guest", gpu->pci.bdf,
				user->pid, user->command);
	finding->code = "forgotten";
	finding->why =
		"a GPU can be in use once: with that process no guest gets it, and no other driver";
	finding->fix = service ? text_format("systemctl stop %s", service) :
				 text_format("kill %d", user->pid);
}

static void check_one_gpu(struct diagnosis *diagnosis, const struct gpu *gpu,
			  const struct users *users)
{
	for (size_t i = 0; i < users->count; i++)
		add_user(diagnosis, gpu, &users->users[i]);
	if (!users->count && users->hidden)
		diagnosis_add(diagnosis, VERDICT_UNKNOWN,
			      "%s: the files of %zu processes cannot be seen by this user",
			      gpu->pci.bdf, users->hidden)->code = "unseen";
	else if (!users->count)
		diagnosis_add(diagnosis, VERDICT_OK, "%s: nobody has it open", gpu->pci.bdf);
}

void check_users(struct diagnosis *diagnosis)
{
	struct users *users = users_find(&diagnosis->gpus);

	for (size_t i = 0; i < diagnosis->gpus.count; i++)
		check_one_gpu(diagnosis, &diagnosis->gpus.gpus[i], &users[i]);
	users_free(users, diagnosis->gpus.count);
	if (!diagnosis->gpus.count)
		diagnosis_add(diagnosis, VERDICT_UNKNOWN, "there is no GPU")->code = "no-gpu";
}
