/* SPDX-License-Identifier: GPL-2.0-only */
/* Loads and stores that may get SIGBUS, and page tables as they are. */
#ifndef ABI_TOUCH_H
#define ABI_TOUCH_H

#include "types.h"

/* One aligned 64-bit access: 0, or -EFAULT when it raises SIGBUS. */
int touch_load(const void *at, u64 *value);
int touch_store(void *at, u64 value);

/* From now on SIGSEGV is like SIGBUS: others may unmap what is touched. */
void touch_anything(void);

/**
 * struct touch_leaf - how an address of this process is mapped
 * @size: bytes the page table entry covers; 0 when nothing is mapped
 * @attr: "normal", "normal-nc", "device"
 * @pfn: page frame the address is mapped to
 */
struct touch_leaf {
	size_t size;
	char attr[16];
	u64 pfn;
};

/* Walks this process's page table. */
struct touch_leaf touch_walk(const void *at);

/* Kilobytes of page tables of this process. */
long touch_page_tables_kb(void);

/* Page faults of this process so far that needed no I/O. */
long touch_faults(void);

/* The file offset of the mapping that holds an address. */
u64 touch_map_offset(const void *at);

/* True if the mapping has the two-letter flag of /proc/PID/smaps. */
bool touch_map_flag(const void *at, const char *flag);

#endif
