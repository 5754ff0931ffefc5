/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What udev does with GPUs at boot: rules of the tool's own, a file for each GPU, behind the
 * administrator's.
 */
#ifndef PERSIST_H
#define PERSIST_H

#include "host/gpu.h"

/**
 * struct persist - rules that are written
 * @gpus: the GPUs that they are for
 * @before: what was in each file; NULL: there was none
 * @count: how many are written
 */
struct persist {
	const struct gpus *gpus;
	char **before;
	size_t count;
};

/* Writes that udev binds them at boot, or does not: 0, or -1 with all as it was, and says why. */
int persist_write(struct persist *persist, const struct gpus *gpus, bool binds);

/* All as it was. */
void persist_undo(struct persist *persist);

/* Has udev and the initramfs know the rules, and says so: 0, or 1 if one does not. */
int persist_tell(const struct persist *persist, bool binds);

/* Says what the two would do. */
void persist_would(const struct gpus *gpus, bool binds);

void persist_free(struct persist *persist);

#endif /* PERSIST_H */
