// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files that the tool writes.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"

static int write_all(int fd, const char *text, size_t length)
{
	while (length) {
		ssize_t done = write(fd, text, length);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -errno;
		text += done;
		length -= done;
	}
	return 0;
}

int file_replace(const char *path, const char *text, size_t length)
{
	struct stat stat;
	char *new;
	int fd, ret;

	/* Root would put a file in the place of a device. */
	if (!lstat(path, &stat) && !S_ISREG(stat.st_mode))
		return -EEXIST;
	/* By a name that neither udev nor node_exporter reads. */
	new = text_format("%s.XXXXXX", path);
	fd = mkostemp(new, O_CLOEXEC);
	if (fd < 0) {
		ret = -errno;
		free(new);
		return ret;
	}
	ret = write_all(fd, text, length);
	if (!ret && (fchmod(fd, 0644) || fsync(fd)))
		ret = -errno;
	if (close(fd) && !ret)
		ret = -errno;
	if (!ret && rename(new, path))
		ret = -errno;
	if (ret)
		unlink(new);
	free(new);
	return ret;
}
