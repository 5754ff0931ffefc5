/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host's files: all of /sys, /proc, /dev, /run and /lib/modules that the tool
 * reads or writes goes through here.  They are those of this machine, or those
 * recorded in a folder (--root), whose links cannot lead out of it and which is never
 * written to.  Paths are printf-style and begin with a slash.  Errors are negative errno numbers.
 */
#ifndef TREE_H
#define TREE_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

#define TREE_PATH_SIZE 512

/* Reads a recorded tree from now on; 0, or the error of opening the folder. */
int tree_use(const char *folder);

/* Whether it is this machine, which also answers ioctls and runs programs. */
bool tree_is_live(void);

/*
 * A file descriptor that never blocks in open() or read().  In a recorded tree only files and
 * folders are opened, and only to be read; -ENXIO for all others.
 */
[[gnu::format(printf, 2, 3)]]
int tree_open(int flags, const char *format, ...);

[[gnu::format(printf, 1, 2)]]
bool tree_exists(const char *format, ...);

/*
 * The start of a file, up to size - 1 bytes with a NUL behind them: how many there
 * are.  The bytes are those in the file, whatever they are.
 */
[[gnu::format(printf, 3, 4)]]
long tree_read(char *buffer, size_t size, const char *format, ...);

/* A whole file of up to limit bytes, from malloc(), with a NUL behind: how long it is. */
[[gnu::format(printf, 3, 4)]]
long tree_read_all(char **content, size_t limit, const char *format, ...);

/* First line of a file, fit for display: 0. */
[[gnu::format(printf, 3, 4)]]
int tree_line(char *buffer, size_t size, const char *format, ...);

/* A file with one number, decimal or hexadecimal with 0x: 0, -EINVAL if it is none. */
[[gnu::format(printf, 2, 3)]]
int tree_number(__u64 *number, const char *format, ...);

/* Where a symbolic link leads, fit for display: 0. */
[[gnu::format(printf, 3, 4)]]
int tree_link(char *buffer, size_t size, const char *format, ...);

/* The last part of where it leads, fit for commands: the name of a driver, a group. */
[[gnu::format(printf, 3, 4)]]
int tree_link_name(char *buffer, size_t size, const char *format, ...);

/* Writes a text to a file that is there, in one go, as sysfs wants it: 0. */
[[gnu::format(printf, 2, 3)]]
int tree_write(const char *text, const char *format, ...);

/**
 * struct tree_names - what is in a folder
 * @names: sorted, without "." and ".."
 * @count: how many
 */
struct tree_names {
	char **names;
	size_t count;
};

/* Lists a folder; on error the list is empty.  Free it in either case. */
[[gnu::format(printf, 2, 3)]]
int tree_list(struct tree_names *list, const char *format, ...);
void tree_names_free(struct tree_names *list);

#endif /* TREE_H */
