/* SPDX-License-Identifier: GPL-2.0-only */
/* Mappings whose place in the address space matters. */
#ifndef ABI_MAPPING_H
#define ABI_MAPPING_H

#include "touch.h"
#include "vfio.h"

/* Leaves that one fault maps, where they are aligned to so many. */
#define WINDOW_LEAVES 512

/* Opens the program's GPU and waits until it is ready. */
void mapping_open(struct vfio *dev);

/* The length of so many PMDs, or of as many as there are in the region. */
size_t mapping_pmds(unsigned int index, unsigned int count);

/* A shared mapping, readable and writable, at that address. */
char *mapping_at(const struct vfio *dev, unsigned int index, u64 offset,
		 size_t length, void *at);

/* A mapping whose address is, modulo a PMD, that of the memory plus @skew. */
char *mapping_congruent(const struct vfio *dev, unsigned int index, u64 offset,
			size_t length, size_t skew);

/* The page frame of the program's GPU behind an offset in a region. */
u64 mapping_pfn(unsigned int index, u64 offset);

/* Loads from there and says how it is mapped then. */
struct touch_leaf mapping_touch(const char *at);

#endif
