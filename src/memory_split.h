/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Split of the GPU memory into usemem and resmem.  Plain C: compiled into the
 * module and, unchanged, into the user-space tests.
 */
#ifndef NVGRACE_MEMORY_SPLIT_H
#define NVGRACE_MEMORY_SPLIT_H

#include <linux/types.h>

/**
 * struct nvgrace_memory_input - what the split is computed from
 * @base: physical address of the GPU memory
 * @size: its size in bytes
 * @mig_erratum: nonzero if the part needs resmem for Multi-Instance GPU
 * @page_size: the kernel's page size in bytes, a power of two
 * @address_end: first physical address the CPU cannot express, 0 for 2^64
 * @bar_limit: largest BAR size that VFIO's region offsets leave room for
 */
struct nvgrace_memory_input {
	__u64 base;
	__u64 size;
	int mig_erratum;
	__u64 page_size;
	__u64 address_end;
	__u64 bar_limit;
};

/**
 * struct nvgrace_memory_part - one half of the split
 * @base: physical address of its first byte
 * @length: bytes of memory behind it, 0 if the part does not exist
 * @bar_size: @length rounded up to a power of two, as a BAR must be
 */
struct nvgrace_memory_part {
	__u64 base;
	__u64 length;
	__u64 bar_size;
};

/**
 * struct nvgrace_memory_split - the split
 * @usemem: cached memory, the start
 * @resmem: non-cached memory, the end
 */
struct nvgrace_memory_split {
	struct nvgrace_memory_part usemem;
	struct nvgrace_memory_part resmem;
};

/**
 * enum nvgrace_split_status - why a split was refused
 * @NVGRACE_SPLIT_OK: it was not
 * @NVGRACE_SPLIT_SIZE_ZERO: the size is zero, the link to the GPU is down
 * @NVGRACE_SPLIT_SIZE_UNALIGNED: the size is no multiple of the page size
 * @NVGRACE_SPLIT_BASE_UNALIGNED: the base is no multiple of the page size
 * @NVGRACE_SPLIT_WRAPS: base plus size exceeds 64 bits
 * @NVGRACE_SPLIT_TOO_HIGH: the memory ends above what the CPU can address
 * @NVGRACE_SPLIT_TOO_LARGE: a BAR for it exceeds a VFIO region's file offsets
 * @NVGRACE_SPLIT_NO_USEMEM: resmem leaves no usemem
 */
enum nvgrace_split_status {
	NVGRACE_SPLIT_OK,
	NVGRACE_SPLIT_SIZE_ZERO,
	NVGRACE_SPLIT_SIZE_UNALIGNED,
	NVGRACE_SPLIT_BASE_UNALIGNED,
	NVGRACE_SPLIT_WRAPS,
	NVGRACE_SPLIT_TOO_HIGH,
	NVGRACE_SPLIT_TOO_LARGE,
	NVGRACE_SPLIT_NO_USEMEM,
};

enum nvgrace_split_status nvgrace_memory_split(const struct nvgrace_memory_input *in,
					       struct nvgrace_memory_split *out);

#endif /* NVGRACE_MEMORY_SPLIT_H */
