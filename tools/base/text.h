/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text that comes from the host, and text for people.
 */
#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

/* An address with a domain of 32 bits: 00000000:00:00.0. */
#define TEXT_BDF_SIZE 17

/* In place: whatever is not printable ASCII becomes a question mark. */
void text_clean(char *text);

/* The same for names that are put into commands: nothing that a shell knows is left. */
void text_clean_name(char *name);

/* Copies as much of a text as there is room for. */
void text_put(char *buffer, size_t size, const char *text);

/* A copy from malloc(). */
char *text_copy(const char *text);

/* printf() into memory from malloc(). */
[[gnu::format(printf, 1, 2)]]
char *text_format(const char *format, ...);

/* Nothing but one number, decimal or hexadecimal with 0x, and white space: 0 or -EINVAL. */
int text_number(const char *text, __u64 *number);

/*
 * The number in base 10 or 16 that a text begins with, behind white space, and behind 0x
 * in base 16: where it ends, or NULL if there is none or it has more than 64 bits.
 */
const char *text_scan(const char *text, unsigned int base, __u64 *number);

/**
 * struct text_address - address of a PCI function
 * @domain: up to 32 bits
 * @bus: 8 bits
 * @slot: 5 bits
 * @function: 3 bits
 */
struct text_address {
	unsigned int domain;
	unsigned int bus;
	unsigned int slot;
	unsigned int function;
};

/* Reads an address; the domain may be left out: 0 or -EINVAL. */
int text_address(const char *text, struct text_address *address);

/* The same, as sysfs writes it. */
int text_bdf(const char *text, char bdf[static TEXT_BDF_SIZE]);

/* Bytes in the largest unit that gives at least one: "94.5 GiB". */
const char *text_size(char *buffer, size_t size, __u64 bytes);

/**
 * struct text_version - the first two numbers of a version
 * @major: the first
 * @minor: the second, 0 if there is none
 */
struct text_version {
	unsigned int major;
	unsigned int minor;
};

/* The first number with a dot behind it in a text, and what follows: whether there is one. */
bool text_version(const char *text, struct text_version *version);
bool text_version_since(struct text_version version, unsigned int major, unsigned int minor);

/*
 * The value behind a name at the start of a line, such as "Uid:" in procfs or "NAME="
 * in a configuration, fit for display, without white space around it.
 */
bool text_field(const char *text, const char *name, char *value, size_t size);

#endif /* TEXT_H */
