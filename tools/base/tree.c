// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host's files.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/openat2.h>

#include "base/array.h"
#include "base/text.h"
#include "base/tree.h"

/* More than any folder of sysfs or procfs has; a bound for broken ones. */
#define NAMES_MAX 65536

/* openat2() gives up where others rename or mount meanwhile. */
#define RACES_MAX 100

static int root_fd = -1;

/* Never a file descriptor, which gcc's analyzer does not believe of -errno. */
static int last_error(void)
{
	return errno > 0 ? -errno : -EIO;
}

/* Wherever its links lead, that is in the tree. */
static int open_in_root(int flags, const char *path)
{
	struct open_how how = { .flags = flags, .resolve = RESOLVE_IN_ROOT };
	int fd = -1;

	for (int i = 0; i < RACES_MAX; i++) {
		fd = syscall(SYS_openat2, root_fd, path, &how, sizeof(how));
		if (fd >= 0 || errno != EAGAIN)
			break;
	}
	return fd < 0 ? last_error() : fd;
}

int tree_use(const char *folder)
{
	int fd;

	root_fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root_fd < 0)
		return -errno;
	/* Kernels before 5.6 and some sandboxes lack it, and nothing else keeps us in the tree. */
	fd = open_in_root(O_PATH | O_CLOEXEC, "/");
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

bool tree_is_live(void)
{
	return root_fd < 0;
}

/*
 * A recorded tree may have anything in it: what is no file or folder is not opened at all,
 * for that alone does things to some devices, and nothing is written.
 */
static int open_recorded(int flags, const char *path)
{
	int fd = open_in_root(O_PATH | O_CLOEXEC | (flags & O_NOFOLLOW), path);
	char itself[32];
	struct stat stat;
	int opened;

	if (fd < 0 || flags & O_PATH)
		return fd;
	if (fstat(fd, &stat) || !(S_ISREG(stat.st_mode) || S_ISDIR(stat.st_mode))) {
		close(fd);
		return -ENXIO;
	}
	snprintf(itself, sizeof(itself), "/proc/self/fd/%d", fd);
	opened = open(itself, O_RDONLY | O_CLOEXEC | O_NONBLOCK | (flags & O_DIRECTORY));
	if (opened < 0)
		opened = last_error();
	close(fd);
	return opened;
}

static int open_path(int flags, const char *path)
{
	int fd;

	if (!tree_is_live())
		return open_recorded(flags, path);
	fd = open(path, flags | O_CLOEXEC | (flags & O_PATH ? 0 : O_NONBLOCK | O_NOCTTY));
	return fd < 0 ? -errno : fd;
}

[[gnu::format(printf, 2, 0)]]
static int open_format(int flags, const char *format, va_list arguments)
{
	char path[TREE_PATH_SIZE];

	if ((size_t)vsnprintf(path, sizeof(path), format, arguments) >= sizeof(path))
		return -ENAMETOOLONG;
	return open_path(flags, path);
}

/* Opens what a function with "format, ..." at the end of its parameters is about. */
#define OPEN_FORMAT(flags) ({						\
	va_list arguments;						\
	int opened;							\
									\
	va_start(arguments, format);					\
	opened = open_format(flags, format, arguments);			\
	va_end(arguments);						\
	opened;								\
})

int tree_open(int flags, const char *format, ...)
{
	return OPEN_FORMAT(flags);
}

bool tree_exists(const char *format, ...)
{
	int fd = OPEN_FORMAT(O_PATH);

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

/* Reads until the end or until size - 1 bytes are there; closes the file. */
static long read_and_close(int fd, char *buffer, size_t size)
{
	size_t done = 0;
	ssize_t got = 0;

	if (fd < 0)
		return fd;
	while (done < size - 1) {
		got = read(fd, buffer + done, size - 1 - done);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		done += got;
	}
	if (got < 0 && !done)
		done = -errno;
	else
		buffer[done] = 0;
	close(fd);
	return done;
}

long tree_read(char *buffer, size_t size, const char *format, ...)
{
	return read_and_close(OPEN_FORMAT(O_RDONLY), buffer, size);
}

long tree_read_all(char **content, size_t limit, const char *format, ...)
{
	int fd = OPEN_FORMAT(O_RDONLY);
	long length;

	*content = NULL;
	if (fd < 0)
		return fd;
	*content = array_resize(NULL, limit + 1, 1);
	length = read_and_close(fd, *content, limit + 1);
	*content = array_resize(*content, length < 0 ? 1 : length + 1, 1);
	if (length < 0)
		(*content)[0] = 0;
	return length;
}

int tree_line(char *buffer, size_t size, const char *format, ...)
{
	long length = read_and_close(OPEN_FORMAT(O_RDONLY), buffer, size);

	if (length < 0) {
		buffer[0] = 0;
		return length;
	}
	buffer[strcspn(buffer, "\n")] = 0;
	text_clean(buffer);
	return 0;
}

int tree_number(__u64 *number, const char *format, ...)
{
	char buffer[64];
	long length;

	*number = 0;
	length = read_and_close(OPEN_FORMAT(O_RDONLY), buffer, sizeof(buffer));
	if (length < 0)
		return length;
	return text_number(buffer, number);
}

static int read_link_and_close(int fd, char *buffer, size_t size)
{
	ssize_t length;

	buffer[0] = 0;
	if (fd < 0)
		return fd;
	length = readlinkat(fd, "", buffer, size - 1);
	if (length < 0)
		length = -errno;
	close(fd);
	if (length < 0)
		return length;
	buffer[length] = 0;
	text_clean(buffer);
	return 0;
}

int tree_link(char *buffer, size_t size, const char *format, ...)
{
	return read_link_and_close(OPEN_FORMAT(O_PATH | O_NOFOLLOW), buffer, size);
}

int tree_link_name(char *buffer, size_t size, const char *format, ...)
{
	char target[PATH_MAX];
	const char *name;
	int ret;

	ret = read_link_and_close(OPEN_FORMAT(O_PATH | O_NOFOLLOW), target, sizeof(target));
	name = strrchr(target, '/');
	text_put(buffer, size, name ? name + 1 : target);
	text_clean_name(buffer);
	return ret;
}

int tree_write(const char *text, const char *format, ...)
{
	int fd = tree_is_live() ? OPEN_FORMAT(O_WRONLY | O_TRUNC) : -EROFS;
	ssize_t done;
	int ret = 0;

	if (fd < 0)
		return fd;
	done = write(fd, text, strlen(text));
	if (done < 0)
		ret = -errno;
	else if ((size_t)done != strlen(text))
		ret = -EIO;
	close(fd);
	return ret;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char * const *)a, *(char * const *)b);
}

int tree_list(struct tree_names *list, const char *format, ...)
{
	int fd = OPEN_FORMAT(O_RDONLY | O_DIRECTORY);
	struct dirent *entry;
	DIR *folder;
	int error;

	*list = (struct tree_names){};
	if (fd < 0)
		return fd;
	folder = fdopendir(fd);
	if (!folder) {
		error = -errno;
		close(fd);
		return error;
	}
	while (list->count < NAMES_MAX && (entry = readdir(folder))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		list->names = array_resize(list->names, list->count + 1, sizeof(*list->names));
		list->names[list->count++] = text_copy(entry->d_name);
	}
	closedir(folder);
	if (list->count)
		qsort(list->names, list->count, sizeof(*list->names), compare_names);
	return 0;
}

void tree_names_free(struct tree_names *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->names[i]);
	free(list->names);
	*list = (struct tree_names){};
}
