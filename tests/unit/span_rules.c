// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rules of cutting an access, in numbers that cannot overflow.
 */
#include "span_rules.h"

#include <stddef.h>

typedef unsigned __int128 wide;

/* Above this many bytes nothing is counted one by one. */
#define COUNTED 64

static wide overlap(wide a_start, wide a_end, wide b_start, wide b_end)
{
	wide start = a_start > b_start ? a_start : b_start;
	wide end = a_end < b_end ? a_end : b_end;

	return end > start ? end - start : 0;
}

/* One by one: each byte is before, inside or behind. */
static const char *broken_by_count(const struct nvgrace_span *span, __u64 pos, __u64 count,
				   __u64 start, __u64 end)
{
	struct nvgrace_span want = {};
	__u64 i;

	for (i = 0; i < count; i++) {
		wide byte = (wide)pos + i;

		if (byte < start)
			want.before++;
		else if (byte < end)
			want.inside++;
		else
			want.after++;
	}

	if (span->before != want.before || span->inside != want.inside || span->after != want.after)
		return "D2.2 D5.1 every byte is in the part where it belongs";

	return NULL;
}

const char *span_broken_rule(__u64 pos, __u64 count, __u64 start, __u64 end)
{
	struct nvgrace_span span = nvgrace_span_cut(pos, count, start, end);
	wide last = (wide)pos + count;

	if ((wide)span.before + span.inside + span.after != count)
		return "D2.2 D5.1 the parts add up to the access";
	if (span.before != overlap(pos, last, 0, start))
		return "D2.2 D5.1 what is below the window is before";
	if (span.inside != overlap(pos, last, start, end))
		return "D2.2 D5.1 what is in the window is inside";
	if (span.after != overlap(pos, last, end, (wide)1 << 65))
		return "D2.2 D5.1 what is above the window is after";

	return count <= COUNTED ? broken_by_count(&span, pos, count, start, end) : NULL;
}
