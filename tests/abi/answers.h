/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Everything a VFIO device says about itself, to compare what two drivers say
 * about the same GPU.
 */
#ifndef ABI_ANSWERS_H
#define ABI_ANSWERS_H

#include "vfio.h"

#define ANSWER_BYTES 512
#define ANSWERS_MAX 160

/**
 * struct answer - what one ioctl gave
 * @question: its name and argument
 * @region: index, if it is about a region, else -1
 * @ret: result, -errno
 * @bytes: its buffer afterwards
 */
struct answer {
	char question[48];
	int region;
	int ret;
	u8 bytes[ANSWER_BYTES];
};

struct answers {
	unsigned int count;
	struct answer list[ANSWERS_MAX];
};

/* Asks all there is to ask; changes nothing. */
void answers_collect(struct answers *answers, const struct vfio *dev);

/* Ends the test if they differ, except on the GPU's own memory regions. */
void answers_compare(const struct answers *got, const struct answers *want,
		     const struct gpu *gpu);

#endif
