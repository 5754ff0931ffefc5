// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz target: the tool's parsers of short texts.
 */
#include "fuzz.h"
#include "base/text.h"

static const char *broken_number(const char *text)
{
	char again[32];
	__u64 number, second;

	if (text_number(text, &number))
		return number ? "a number that is none is not 0" : NULL;
	snprintf(again, sizeof(again), "%#llx", (unsigned long long)number);
	if (text_number(again, &second) || second != number)
		return "a number that is printed is not read as the same";
	return NULL;
}

static const char *broken_bdf(const char *text)
{
	char bdf[TEXT_BDF_SIZE], again[TEXT_BDF_SIZE];

	if (text_bdf(text, bdf))
		return NULL;
	if (text_bdf(bdf, again) || strcmp(bdf, again))
		return "an address that is written out is not read as the same";
	return strspn(bdf, "0123456789abcdef:.") == strlen(bdf) ? NULL :
								  "an address has other characters";
}

static const char *broken_name(char *text)
{
	text_clean_name(text);
	return strpbrk(text, " \t\n;&|<>$`\\\"'()*[]{}~#!\x7f") ?
		       "a name has something that a shell knows" :
		       NULL;
}

int fuzz_one_input(const __u8 *data, size_t size)
{
	struct text_version version;
	char text[257], value[8];

	size = size < sizeof(text) - 1 ? size : sizeof(text) - 1;
	memcpy(text, data, size);
	text[size] = 0;
	FUZZ_CHECK(broken_number(text), "%s", text);
	FUZZ_CHECK(broken_bdf(text), "%s", text);
	text_version(text, &version);
	text_field(text, "E:A=", value, sizeof(value));
	FUZZ_CHECK(strlen(value) < sizeof(value) ? NULL : "a value is too long", "%s", text);
	FUZZ_CHECK(broken_name(text), "%s", text);

	return 0;
}
