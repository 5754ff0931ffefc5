/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What drivers have said in the kernel's log.
 */
#ifndef KERNEL_LOG_H
#define KERNEL_LOG_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

/**
 * struct kernel_log_record - what there is to know of a message
 * @is_error: it is an error
 * @time: when it was logged, in microseconds since the kernel was started
 */
struct kernel_log_record {
	bool is_error;
	__u64 time;
};

/* The log's records as /dev/kmsg gives them, from malloc(); 0 or why they cannot be read. */
int kernel_log_read(char **text);

/* Whether nothing has been overwritten since the kernel was started. */
bool kernel_log_is_whole(const char *text);

/*
 * The next message that begins with a prefix: what follows the prefix, fit for display.  Reads
 * on from a position, which is then behind it.  Whether there is one.
 */
bool kernel_log_next(const char **position, const char *prefix, char *message, size_t size,
		     struct kernel_log_record *record);

/*
 * The last message that begins with a prefix and is an error: what follows the prefix,
 * fit for display.  Whether there is one.
 */
bool kernel_log_error(const char *text, const char *prefix, char *message, size_t size);

#endif /* KERNEL_LOG_H */
