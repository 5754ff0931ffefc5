// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rules of a window of leaves, in numbers that cannot overflow.
 */
#include "window_rules.h"

#include <stdbool.h>
#include <stddef.h>

typedef unsigned __int128 wide;

struct mapping {
	wide leaf;
	wide table;
	wide start;
	wide end;
};

/* Is there a whole leaf of the mapping at @at, in the table of @other? */
static bool has_leaf(const struct mapping *mapping, wide at, wide other)
{
	return at >= mapping->start && at + mapping->leaf <= mapping->end &&
	       at / mapping->table == other / mapping->table;
}

const char *window_broken_rule(__u64 address, __u64 leaf, __u64 leaves, __u64 start, __u64 end)
{
	struct nvgrace_window window = nvgrace_window_around(address, leaf, leaves, start, end);
	struct mapping mapping = { leaf, (wide)leaf * leaves, start, end };
	wide touched = address / leaf * leaf;

	if (!has_leaf(&mapping, touched, touched))
		return window.start || window.end ?
		       "D4.3 there is no window where the leaf does not fit" : NULL;

	if (window.start % leaf || window.end % leaf)
		return "D4.3 a window is made of leaves";
	if (window.start > touched || window.end < touched + leaf)
		return "D4.3 what was touched is in the window";
	if (window.start < start || window.end > end)
		return "D4.3 a window is inside the mapping";
	if (window.start / mapping.table != (window.end - 1) / mapping.table)
		return "D4.3 a window is in one page-table page";
	if (window.start >= leaf && has_leaf(&mapping, (wide)window.start - leaf, touched))
		return "D4.3 a window begins with the first leaf there can be";
	if (has_leaf(&mapping, window.end, touched))
		return "D4.3 a window ends with the last leaf there can be";

	return NULL;
}
