// SPDX-License-Identifier: GPL-2.0-only
/*
 * Text that comes from the host, and text for people.
 */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "text.h"

void text_clean(char *text)
{
	for (; *text; text++) {
		if (*text < ' ' || *text > '~')
			*text = '?';
	}
}

void text_clean_name(char *name)
{
	for (; *name; name++) {
		if (!isalnum((unsigned char)*name) && !strchr("._+-", *name))
			*name = '?';
	}
}

void text_put(char *buffer, size_t size, const char *text)
{
	size_t length = strnlen(text, size - 1);

	memcpy(buffer, text, length);
	buffer[length] = 0;
}

char *text_copy(const char *text)
{
	size_t size = strlen(text) + 1;

	return memcpy(array_resize(NULL, size, 1), text, size);
}

char *text_format(const char *format, ...)
{
	va_list arguments;
	char *text;
	int length;

	va_start(arguments, format);
	length = vasprintf(&text, format, arguments);
	va_end(arguments);
	return length < 0 ? text_copy("") : text;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int hex_digit(char c)
{
	if (is_digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int text_number(const char *text, __u64 *number)
{
	int base = 10;
	char *end;

	*number = 0;
	while (is_space(*text))
		text++;
	if (text[0] == '0' && (text[1] | 0x20) == 'x') {
		base = 16;
		text += 2;
	}
	/* strtoull() would take a sign, spaces, and another 0x. */
	if (base == 10 ? !is_digit(*text) : hex_digit(*text) < 0)
		return -EINVAL;
	errno = 0;
	*number = strtoull(text, &end, base);
	if (end == text + 1 && (*end | 0x20) == 'x')
		return -EINVAL;
	while (is_space(*end))
		end++;
	if (*end || errno) {
		*number = 0;
		return -EINVAL;
	}
	return 0;
}

/* A hexadecimal number of at most so many digits, and the separator behind it. */
static const char *bdf_part(const char *text, int digits, char separator, unsigned int *part)
{
	const char *start = text;

	*part = 0;
	while (text - start < digits && hex_digit(*text) >= 0)
		*part = *part << 4 | hex_digit(*text++);
	return text > start && *text == separator ? text + 1 : NULL;
}

int text_bdf(const char *text, char bdf[static TEXT_BDF_SIZE])
{
	unsigned int domain = 0, bus, slot, function;
	const char *colon = strchr(text, ':');
	const char *rest = text;

	if (colon && strchr(colon + 1, ':'))
		rest = bdf_part(rest, 8, ':', &domain);
	if (rest)
		rest = bdf_part(rest, 2, ':', &bus);
	if (rest)
		rest = bdf_part(rest, 2, '.', &slot);
	if (rest)
		rest = bdf_part(rest, 1, 0, &function);
	if (!rest || slot > 0x1f || function > 7)
		return -EINVAL;
	snprintf(bdf, TEXT_BDF_SIZE, "%04x:%02x:%02x.%x", domain, bus & 0xff, slot & 0x1f, function & 7);
	return 0;
}

const char *text_size(char *buffer, size_t size, __u64 bytes)
{
	static const char * const units[] = { "bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double amount = bytes;
	size_t unit = 0;

	while (amount >= 1024 && unit + 1 < ARRAY_SIZE(units)) {
		amount /= 1024;
		unit++;
	}
	snprintf(buffer, size, amount == (__u64)amount ? "%.0f %s" : "%.1f %s", amount, units[unit]);
	return buffer;
}

bool text_version(const char *text, struct text_version *version)
{
	char *end;

	*version = (struct text_version){};
	for (; *text; text++) {
		if (!is_digit(*text))
			continue;
		version->major = strtoul(text, &end, 10);
		if (*end == '.' && is_digit(end[1])) {
			version->minor = strtoul(end + 1, NULL, 10);
			return true;
		}
		text = end - 1;
	}
	return false;
}

bool text_version_since(struct text_version version, unsigned int major, unsigned int minor)
{
	return version.major > major || (version.major == major && version.minor >= minor);
}

bool text_field(const char *text, const char *name, char *value, size_t size)
{
	size_t length = strlen(name);
	const char *end;

	value[0] = 0;
	for (; text; text = strchr(text, '\n') ? strchr(text, '\n') + 1 : NULL) {
		if (strncmp(text, name, length))
			continue;
		text += length;
		while (*text == ' ' || *text == '\t')
			text++;
		end = text + strcspn(text, "\n");
		while (end > text && is_space(end[-1]))
			end--;
		length = (size_t)(end - text) < size - 1 ? (size_t)(end - text) : size - 1;
		memcpy(value, text, length);
		value[length] = 0;
		text_clean(value);
		return true;
	}
	return false;
}
