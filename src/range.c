// SPDX-License-Identifier: GPL-2.0-only
/*
 * Byte-range arithmetic.
 */
#include "range.h"

static __u64 bytes_below(__u64 pos, __u64 count, __u64 limit)
{
	if (pos >= limit)
		return 0;

	return count < limit - pos ? count : limit - pos;
}

/**
 * nvgrace_span_cut() - cut an access at the edges of a window
 * @pos: first byte of the access
 * @count: length of the access in bytes; @pos + @count may exceed 64 bits
 * @start: first byte of the window
 * @end: first byte past the window; not below @start
 *
 * Context: any.
 * Return: how many bytes fall before, into and behind [@start, @end).
 */
struct nvgrace_span nvgrace_span_cut(__u64 pos, __u64 count, __u64 start, __u64 end)
{
	struct nvgrace_span span;

	span.before = bytes_below(pos, count, start);
	span.inside = bytes_below(pos, count, end) - span.before;
	span.after = count - span.before - span.inside;

	return span;
}
