/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's short names for types and attributes. */
#ifndef ABI_TYPES_H
#define ABI_TYPES_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s32 s32;

#endif
