// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks of who uses the GPUs.
 */
#include "checks/diagnosis.h"
#include "host/users.h"

static void add_user(struct diagnosis *diagnosis, const struct gpu *gpu, const struct user *user)
{
	struct finding *finding;

	if (user->runs_guest) {
		diagnosis_add(diagnosis, VERDICT_OK, "%s: process %d (%s) runs a guest that has it",
			      gpu->pci.bdf, user->pid, user->command);
		return;
	}
	finding = diagnosis_add(diagnosis, VERDICT_PROBLEM,
				"%s: %s%s%sprocess %d (%s) has it open%s, and runs no guest",
				gpu->pci.bdf, user->service[0] ? "service " : "", user->service,
				user->service[0] ? ", " : "", user->pid, user->command,
				user->in_container ? " in a container" : "");
	finding->code = "forgotten";
	finding->why =
		"a GPU can be in use once: with that process no guest gets it, and no other driver";
	/* What is only killed would be started again. */
	if (user->service[0])
		finding->fix = text_format("systemctl stop %s", user->service);
	else if (user->in_container)
		finding->fix = text_format("# end the pod or container that has process %d:\n"
					   "cat /proc/%d/cgroup", user->pid, user->pid);
	else
		finding->fix = text_format("kill %d", user->pid);
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
}
