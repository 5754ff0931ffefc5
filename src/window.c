// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which leaves around a faulting address can be mapped with it.
 */
#include "window.h"

/**
 * nvgrace_window_around() - the leaves to map when one of them is touched
 * @address: the address that was touched, in [@start, @end)
 * @leaf: size of a leaf in bytes, a power of two
 * @leaves: most leaves in a window, a power of two; @leaf * @leaves fits 64 bits
 * @start: first byte of the mapping
 * @end: first byte past the mapping
 *
 * A window is aligned to its size, so that it is in one page-table page if that
 * has no fewer than @leaves entries, and then cut to leaves that lie wholly in
 * the mapping.
 *
 * Context: any.
 * Return: the window, with no leaves if the one at @address does not lie wholly
 * in the mapping.
 */
struct nvgrace_window nvgrace_window_around(__u64 address, __u64 leaf, __u64 leaves, __u64 start,
					    __u64 end)
{
	const struct nvgrace_window none = { 0, 0 };
	__u64 touched = address & ~(leaf - 1);
	__u64 first = address & ~(leaf * leaves - 1);
	__u64 room;
	struct nvgrace_window window;

	if (touched < start || end - touched < leaf)
		return none;

	/* Nothing here wraps: all is between the window's ends and the mapping's. */
	window.start = first;
	if (first < start)
		window.start += (start - first + leaf - 1) & ~(leaf - 1);

	room = end - first;
	if (room > leaf * leaves)
		room = leaf * leaves;
	window.end = first + (room & ~(leaf - 1));

	return window;
}
