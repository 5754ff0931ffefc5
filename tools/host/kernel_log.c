// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's log: records of "PRIORITY,SEQUENCE,TIME,FLAGS;MESSAGE", then lines that
 * begin with a space; see Documentation/ABI/testing/dev-kmsg.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/text.h"
#include "base/tree.h"
#include "host/kernel_log.h"

#define LOG_MAX (16 << 20)
/* A record of the kernel's is never larger. */
#define RECORD_MAX 8192

/* KERN_ERR. */
#define LEVEL_ERROR 3

/* What the driver core adds, from 6.11 on, to what the driver has said. */
#define CORE_ERROR "probe with driver "

int kernel_log_read(char **text)
{
	int fd = tree_open(O_RDONLY, "/dev/kmsg");
	size_t size = 0;
	ssize_t got;
	int ret = 0;

	*text = text_copy("");
	if (fd < 0)
		return fd;
	while (size < LOG_MAX) {
		*text = array_resize(*text, size + RECORD_MAX + 1, 1);
		got = read(fd, *text + size, RECORD_MAX);
		/* The record after the last one read is gone: the next is there. */
		if (got < 0 && (errno == EPIPE || errno == EINTR))
			continue;
		if (got <= 0)
			break;
		size += got;
	}
	/* There is nothing more to read for now; in a recorded tree it is the end of a file. */
	if (size >= LOG_MAX)
		ret = -EFBIG;
	else if (got < 0 && errno != EAGAIN)
		ret = -errno;
	else if (!size)
		ret = -ENODATA;
	(*text)[size] = 0;
	close(fd);
	return ret;
}

bool kernel_log_is_whole(const char *text)
{
	__u64 priority, sequence;

	text = text_scan(text, 10, &priority);
	return text && *text == ',' && text_scan(text + 1, 10, &sequence) && !sequence;
}

/* What is between the commas in front of a message: whether it is a record. */
static bool read_record(struct kernel_log_record *record, const char *line)
{
	__u64 priority, sequence;
	const char *comma = text_scan(line, 10, &priority);

	if (!comma || *comma != ',')
		return false;
	*record = (struct kernel_log_record){ .is_error = (priority & 7) <= LEVEL_ERROR };
	comma = text_scan(comma + 1, 10, &sequence);
	if (comma && *comma == ',')
		text_scan(comma + 1, 10, &record->time);
	return true;
}

bool kernel_log_next(const char **position, const char *prefix, char *message, size_t size,
		     struct kernel_log_record *record)
{
	while (**position) {
		const char *line = *position;
		const char *start = line + strcspn(line, ";\n");
		size_t length = strcspn(line, "\n");
		const char *end = line + length;

		*position = *end ? end + 1 : end;
		if (*start != ';' || strncmp(start + 1, prefix, strlen(prefix)) ||
		    !read_record(record, line))
			continue;
		start += 1 + strlen(prefix);
		length = end - start;
		if (length > size - 1)
			length = size - 1;
		memcpy(message, start, length);
		message[length] = 0;
		text_clean(message);
		return true;
	}
	return false;
}

bool kernel_log_error(const char *text, const char *prefix, char *message, size_t size)
{
	struct kernel_log_record record;
	bool found = false;
	char next[256];

	while (kernel_log_next(&text, prefix, next, sizeof(next), &record)) {
		if (!record.is_error || !strncmp(next, CORE_ERROR, strlen(CORE_ERROR)))
			continue;
		text_put(message, size, next);
		found = true;
	}
	return found;
}
