/* SPDX-License-Identifier: GPL-2.0-only */
/* Calls in which the kernel has no memory, or cannot copy, at one place. */
#ifndef ABI_INJECT_H
#define ABI_INJECT_H

#include <stdbool.h>

/**
 * struct injected - a call that is made with each of its places failing
 * @before: what has to be there for it (may be NULL)
 * @call: makes one system call
 * @after: undoes it, checks what it has left; gets what it gave (may be NULL)
 * @may_not_fail: the kernel tries again by itself
 * @may_be_short: what was done before the place is told
 */
struct injected {
	void (*before)(void);
	long (*call)(void);
	void (*after)(long ret);
	bool may_not_fail;
	bool may_be_short;
};

/* Any count, or any descriptor, is good. */
#define INJECT_ANY (-1)

/* Before the first call of a test. */
void inject_prepare(void);

/*
 * Makes the call with each of its places failing, and once without: which gives what is good.
 * Else it may fail: -ENOMEM, -EFAULT, and -EBUSY, which is what reserving a BAR gives for lack
 * of memory, too.
 */
void inject_each_place(const struct injected *injected, long good);

#endif
