/* SPDX-License-Identifier: GPL-2.0-only */
/* Fatal errors on the link, as the root port reports them. */
#ifndef ABI_LINK_ERROR_H
#define ABI_LINK_ERROR_H

/* What the kernel says to it: -ENOENT without its aer_inject. Does not wait for the recovery. */
int link_error(const char *bdf);

#endif
