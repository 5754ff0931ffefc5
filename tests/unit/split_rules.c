// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rules of the memory split, written for the reader and not for speed:
 * in numbers that cannot overflow, and with none of the driver's shortcuts.
 */
#include "split_rules.h"

#include <stdbool.h>
#include <string.h>

typedef unsigned __int128 wide;

#define RESMEM_MIN	((wide)1 << 30)
#define USEMEM_UNIT	((wide)1 << 29)
#define END_OF_64_BITS	((wide)1 << 64)

static wide smallest_power_of_two(wide length)
{
	wide power = 1;

	while (power < length)
		power *= 2;

	return power;
}

/* As many units as leave room for resmem. */
static wide expected_usemem(const struct nvgrace_memory_input *in)
{
	if (!in->mig_erratum)
		return in->size;
	if (in->size < RESMEM_MIN)
		return 0;

	return (in->size - RESMEM_MIN) / USEMEM_UNIT * USEMEM_UNIT;
}

static bool bar_too_large(const struct nvgrace_memory_input *in, wide length)
{
	wide bar = smallest_power_of_two(length);

	return length && (bar >= END_OF_64_BITS || bar > in->bar_limit);
}

/* Is @status true of @in?  More than one can be. */
static bool applies(const struct nvgrace_memory_input *in, enum nvgrace_split_status status)
{
	wide end = (wide)in->base + in->size;
	wide usemem = expected_usemem(in);

	switch (status) {
	case NVGRACE_SPLIT_SIZE_ZERO:
		return in->size == 0;
	case NVGRACE_SPLIT_SIZE_UNALIGNED:
		return in->size % in->page_size;
	case NVGRACE_SPLIT_BASE_UNALIGNED:
		return in->base % in->page_size;
	case NVGRACE_SPLIT_WRAPS:
		return end > END_OF_64_BITS;
	case NVGRACE_SPLIT_TOO_HIGH:
		return in->address_end && end > in->address_end;
	case NVGRACE_SPLIT_TOO_LARGE:
		return bar_too_large(in, usemem) || bar_too_large(in, in->size - usemem);
	case NVGRACE_SPLIT_NO_USEMEM:
		return usemem == 0;
	default:
		return false;
	}
}

static const char *broken_by_refusal(const struct nvgrace_memory_input *in,
				     enum nvgrace_split_status status,
				     const struct nvgrace_memory_split *out)
{
	static const struct nvgrace_memory_split none;

	if (!applies(in, status))
		return "D1.2 a refusal gives a reason that is true";
	if (in->size == 0 && status != NVGRACE_SPLIT_SIZE_ZERO)
		return "D1.2 size zero is refused as that, whatever else is wrong";
	if (memcmp(out, &none, sizeof(none)))
		return "D1.2 a refusal leaves no result behind";

	return NULL;
}

static const char *broken_by_part(const struct nvgrace_memory_part *part, wide base, wide length)
{
	if (part->length != length)
		return "D1.3 the part is as long as it should be";
	if (!length)
		return part->base || part->bar_size ?
		       "D1.3 a part that does not exist is all zero" : NULL;
	if (part->base != base)
		return "D1.3 the part starts where it should";
	if (part->bar_size != smallest_power_of_two(length))
		return "D1.3 a BAR is the smallest power of two that holds its part";

	return NULL;
}

static const char *broken_by_success(const struct nvgrace_memory_input *in,
				     const struct nvgrace_memory_split *out)
{
	wide usemem = expected_usemem(in);
	const char *broken;
	int status;

	for (status = NVGRACE_SPLIT_OK + 1; status <= NVGRACE_SPLIT_NO_USEMEM; status++)
		if (applies(in, status))
			return "D1.2 what is malformed or does not fit is refused";

	broken = broken_by_part(&out->usemem, in->base, usemem);
	if (!broken)
		broken = broken_by_part(&out->resmem, in->base + usemem, in->size - usemem);

	return broken;
}

const char *split_broken_rule(const struct nvgrace_memory_input *in)
{
	struct nvgrace_memory_split out;
	enum nvgrace_split_status status;

	memset(&out, 0xa5, sizeof(out));
	status = nvgrace_memory_split(in, &out);
	if (status == NVGRACE_SPLIT_OK)
		return broken_by_success(in, &out);

	return broken_by_refusal(in, status, &out);
}
