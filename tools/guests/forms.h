/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The forms that a plan is printed in, and how much of it each has words for.
 */
#ifndef FORMS_H
#define FORMS_H

#include <stdbool.h>

#include "guests/options.h"
#include "host/gpu.h"

/**
 * struct guest_words - what a form can say
 * @name: who reads it
 * @placement: which of the host's nodes memory and processors are of
 * @nodes: NUMA nodes of the GPUs
 * @window: the PCI window's size
 * @iommufd: VFIO uses iommufd
 * @accel: SMMUs that are the host's
 * @emulated: one for the other devices
 * @reason: why not all of it, NULL if it can
 */
struct guest_words {
	const char *name;
	bool placement;
	bool nodes;
	bool window;
	bool iommufd;
	bool accel;
	bool emulated;
	const char *reason;
};

struct guest;

/* Finds them; what cannot be together, or is no option of the form, is refused. */
void guest_plan_words(struct guest *guest, const struct gpus *gpus);

/* Calls tell with a sentence for each part of the plan that the form has no words for. */
void guest_unsaid(const struct guest *guest, void (*tell)(const char *sentence));

/* Whether KubeVirt knows these GPUs and makes a guest for them as NVIDIA documents it. */
bool guest_kubevirt_knows(const struct guest *guest);

#endif /* FORMS_H */
