// SPDX-License-Identifier: GPL-2.0-only
/*
 * Split of the GPU memory into usemem and resmem.
 */
#include "memory_split.h"

/*
 * Multi-Instance GPU on parts with the erratum needs this much non-cached
 * memory, taken from the end.
 */
#define RESMEM_MIN	0x40000000ull	/* 1 GiB */

/*
 * ABI between the GPU firmware and the guest's GPU driver, which computes the
 * same split on its own: usemem is a multiple of this.
 */
#define USEMEM_ALIGN	0x20000000ull	/* 512 MiB */

/* 0 where the power of two does not fit 64 bits. */
static __u64 roundup_power_of_two(__u64 length)
{
	__u64 power = 1;

	while (power && power < length)
		power <<= 1;

	return power;
}

static enum nvgrace_split_status check_input(const struct nvgrace_memory_input *in)
{
	if (!in->size)
		return NVGRACE_SPLIT_SIZE_ZERO;
	if (in->size & (in->page_size - 1))
		return NVGRACE_SPLIT_SIZE_UNALIGNED;
	if (in->base & (in->page_size - 1))
		return NVGRACE_SPLIT_BASE_UNALIGNED;
	/* Memory that ends on the very last byte does not wrap. */
	if (in->base + (in->size - 1) < in->base)
		return NVGRACE_SPLIT_WRAPS;
	if (in->address_end && in->base + (in->size - 1) >= in->address_end)
		return NVGRACE_SPLIT_TOO_HIGH;

	return NVGRACE_SPLIT_OK;
}

/* False where the BAR would be too large; a part of no length stays all zero. */
static int set_part(struct nvgrace_memory_part *part, __u64 base, __u64 length, __u64 bar_limit)
{
	if (!length)
		return 1;

	part->base = base;
	part->length = length;
	part->bar_size = roundup_power_of_two(length);

	return part->bar_size && part->bar_size <= bar_limit;
}

/**
 * nvgrace_memory_split() - compute usemem, resmem and the sizes of their BARs
 * @in: memory and machine
 * @out: the result, all zero unless NVGRACE_SPLIT_OK is returned
 *
 * Context: any.
 * Return: NVGRACE_SPLIT_OK, or what is wrong with @in.
 */
enum nvgrace_split_status nvgrace_memory_split(const struct nvgrace_memory_input *in,
					       struct nvgrace_memory_split *out)
{
	static const struct nvgrace_memory_split none;
	enum nvgrace_split_status status;
	__u64 usemem;

	*out = none;

	status = check_input(in);
	if (status != NVGRACE_SPLIT_OK)
		return status;

	usemem = in->size;
	if (in->mig_erratum)
		usemem = in->size > RESMEM_MIN ?
			 (in->size - RESMEM_MIN) & ~(USEMEM_ALIGN - 1) : 0;
	if (!usemem)
		return NVGRACE_SPLIT_NO_USEMEM;

	if (!set_part(&out->usemem, in->base, usemem, in->bar_limit) ||
	    !set_part(&out->resmem, in->base + usemem, in->size - usemem, in->bar_limit)) {
		*out = none;
		return NVGRACE_SPLIT_TOO_LARGE;
	}

	return NVGRACE_SPLIT_OK;
}
