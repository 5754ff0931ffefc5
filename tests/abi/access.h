/* SPDX-License-Identifier: GPL-2.0-only */
/* The four ways to reach GPU memory, made alike: they may all have to wait. */
#ifndef ABI_ACCESS_H
#define ABI_ACCESS_H

#include "task.h"
#include "vfio.h"

enum access_kind {
	ACCESS_READ,
	ACCESS_WRITE,
	ACCESS_LOAD,
	ACCESS_STORE,
	ACCESS_KINDS,
};

/**
 * struct access - one 64-bit access
 * @dev: the open device
 * @kind: by read(), write(), load or store
 * @index: memory region
 * @offset: in the region
 * @map: where the offset is mapped, for load and store
 * @value: what was read, or is to be written
 */
struct access {
	const struct vfio *dev;
	enum access_kind kind;
	unsigned int index;
	u64 offset;
	void *map;
	u64 value;
};

const char *access_name(enum access_kind kind);

/* 0, or -errno; -EFAULT stands for SIGBUS. For task_start(). */
long access_run(void *arg);

/* What access_run() gives when the memory cannot be reached now. */
long access_refused(enum access_kind kind);

/* Prepares one access of each kind, mapping a page for those that need it. */
void access_prepare(struct access *accesses, const struct vfio *dev,
		    unsigned int index, u64 offset);

/* Runs it here; it must work. All of them: one of each kind. */
void access_check(struct access *access);
void access_check_all(struct access *accesses);

/* Unmaps what was mapped for them. */
void access_unmap(struct access *accesses);

#endif
