/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory of the kernel that nothing points to any more. */
#ifndef ABI_LEAKS_H
#define ABI_LEAKS_H

/* The test fails if kmemleak finds memory that the driver, or VFIO for it, has allocated. */
void leaks_check(void);

#endif
