// SPDX-License-Identifier: GPL-2.0-only
/* Reads /dev/kmsg, one record per read(): "priority,...;text". */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host.h"
#include "kmsg.h"
#include "tap.h"

int kmsg_open(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	CHECK(fd >= 0, "/dev/kmsg: %s", strerror(errno));
	lseek(fd, 0, SEEK_END);
	return fd;
}

unsigned int kmsg_read(int fd, int level, const char *bdf, char *text,
		       size_t len)
{
	char record[8192], prefix[64], *line;
	unsigned int count = 0;
	size_t used = 0;
	ssize_t got;

	text[0] = '\0';
	snprintf(prefix, sizeof(prefix), "%s %s: ", DRIVER, bdf);
	for (;;) {
		got = read(fd, record, sizeof(record) - 1);
		if (got < 0 && errno == EPIPE)
			continue;
		if (got <= 0)
			break;
		record[got] = '\0';
		line = strchr(record, ';');
		if (!line || (atoi(record) & 7) != level ||
		    strncmp(line + 1, prefix, strlen(prefix)))
			continue;
		line[strcspn(line, "\n")] = '\0';
		/* The driver core's own line about every failed probe. */
		if (strstr(line, "probe with driver"))
			continue;
		used += snprintf(text + used, len - used, "%s%s",
				 count ? "; " : "", line + 1);
		CHECK(used < len, "more messages than expected");
		count++;
	}
	return count;
}
