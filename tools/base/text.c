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

#include "base/array.h"
#include "base/text.h"

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

const char *text_scan(const char *text, unsigned int base, __u64 *number)
{
	const char *start;
	int digit;

	*number = 0;
	while (is_space(*text))
		text++;
	if (base == 16 && text[0] == '0' && (text[1] | 0x20) == 'x')
		text += 2;
	for (start = text; (digit = hex_digit(*text)) >= 0 && (unsigned int)digit < base; text++) {
		if (__builtin_mul_overflow(*number, base, number) ||
		    __builtin_add_overflow(*number, digit, number)) {
			*number = 0;
			return NULL;
		}
	}
	return text > start ? text : NULL;
}

int text_number(const char *text, __u64 *number)
{
	const char *start = text + strspn(text, " \t\n");
	const char *end =
		text_scan(text, start[0] == '0' && (start[1] | 0x20) == 'x' ? 16 : 10, number);

	while (end && is_space(*end))
		end++;
	if (end && !*end)
		return 0;
	*number = 0;
	return -EINVAL;
}

/* A hexadecimal number of at most so many digits, and the separator behind it. */
static const char *address_part(const char *text, int digits, char separator, unsigned int *part)
{
	const char *start = text;

	*part = 0;
	while (text - start < digits && hex_digit(*text) >= 0)
		*part = *part << 4 | hex_digit(*text++);
	return text > start && *text == separator ? text + 1 : NULL;
}

int text_address(const char *text, struct text_address *address)
{
	const char *colon = strchr(text, ':');
	const char *rest = text;

	*address = (struct text_address){};
	if (colon && strchr(colon + 1, ':'))
		rest = address_part(rest, 8, ':', &address->domain);
	if (rest)
		rest = address_part(rest, 2, ':', &address->bus);
	if (rest)
		rest = address_part(rest, 2, '.', &address->slot);
	if (rest)
		rest = address_part(rest, 1, 0, &address->function);
	return rest && address->slot <= 0x1f && address->function <= 7 ? 0 : -EINVAL;
}

int text_bdf(const char *text, char bdf[static TEXT_BDF_SIZE])
{
	struct text_address address;

	if (text_address(text, &address))
		return -EINVAL;
	snprintf(bdf, TEXT_BDF_SIZE, "%04x:%02x:%02x.%x", address.domain, address.bus & 0xff,
		 address.slot & 0x1f, address.function & 7);
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
	snprintf(buffer, size, amount == (__u64)amount ? "%.0f %s" : "%.1f %s", amount,
		 units[unit]);
	return buffer;
}

bool text_version(const char *text, struct text_version *version)
{
	__u64 major, minor;

	*version = (struct text_version){};
	while (*text) {
		const char *end = is_digit(*text) ? text_scan(text, 10, &major) : NULL;

		if (end && *end == '.' && is_digit(end[1]) && text_scan(end + 1, 10, &minor)) {
			version->major = major;
			version->minor = minor;
			return true;
		}
		text = end ? end : text + 1;
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
