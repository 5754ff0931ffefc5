/* SPDX-License-Identifier: GPL-2.0-only */
/* IOMMU_IOAS_MAP_FILE, newer than the headers of the tests. */
#ifndef ABI_IOAS_MAP_FILE_H
#define ABI_IOAS_MAP_FILE_H

#include <linux/iommufd.h>

#include "types.h"

struct map_file {
	u32 size;
	u32 flags;
	u32 ioas_id;
	s32 fd;
	u64 start;
	u64 length;
	u64 iova;
};

#define IOAS_MAP_FILE _IO(IOMMUFD_TYPE, 0x8f)

#endif
