/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel's VFIO selftests want of libuuid: a token of virtual functions
 * is one. The GPU has none, so no test that is run here has a token to parse.
 */
#ifndef SELFTESTS_UUID_H
#define SELFTESTS_UUID_H

typedef unsigned char uuid_t[16];

/* 0, or -1 if the text is none; see host.c. */
int uuid_parse(const char *text, uuid_t uuid);

#endif
