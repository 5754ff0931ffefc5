/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the fuzz targets share: the entry point libFuzzer calls, numbers made
 * from its bytes, and the end of a run that broke a rule.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/types.h>

/* libFuzzer's name for it. */
#define fuzz_one_input LLVMFuzzerTestOneInput
int fuzz_one_input(const __u8 *data, size_t size);

struct fuzz_input {
	const __u8 *data;
	size_t left;
};

/* The next bytes; zeroes behind the last. */
static inline void fuzz_bytes(struct fuzz_input *input, void *to, size_t count)
{
	size_t given = count < input->left ? count : input->left;

	memset(to, 0, count);
	if (!given)
		return;
	memcpy(to, input->data, given);
	input->data += given;
	input->left -= given;
}

static inline __u8 fuzz_byte(struct fuzz_input *input)
{
	__u8 byte;

	fuzz_bytes(input, &byte, sizeof(byte));
	return byte;
}

/*
 * A number of one of four kinds: any, small, or a few bytes or pages around a
 * power of two or a multiple of 512 MiB.  Most mistakes are there, and a
 * mutation of one byte goes from one such place to the next.
 */
static inline __u64 fuzz_number(struct fuzz_input *input)
{
	__u8 kind = fuzz_byte(input);
	__u64 step = kind & 4 ? 4096 : 1;
	__u64 number;

	switch (kind & 3) {
	case 0:
		fuzz_bytes(input, &number, sizeof(number));
		return number;
	case 1:
		return step * fuzz_byte(input);
	case 2:
		number = 1ull << (fuzz_byte(input) & 63);
		break;
	default:
		number = (__u64)fuzz_byte(input) << 29;
		break;
	}

	return number + step * (__s8)fuzz_byte(input);
}

/* Ends the process as libFuzzer wants it, if a rule was broken. */
#define FUZZ_CHECK(broken, format, ...)						\
	do {									\
		const char *broken_ = (broken);					\
										\
		if (broken_) {							\
			fprintf(stderr, "%s: " format "\n", broken_, __VA_ARGS__);	\
			abort();						\
		}								\
	} while (0)

#endif /* FUZZ_H */
