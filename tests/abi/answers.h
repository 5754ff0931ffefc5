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

/*
 * Asks all there is to ask, which changes nothing, then has vfio-pci asked the
 * same.  Ends the test if the answers differ, except on the GPU's own memory
 * regions.  Leaves the GPU bound to vfio-pci and open.
 */
void answers_same_as_core(const struct gpu *gpu);

#endif
