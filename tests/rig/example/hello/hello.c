// SPDX-License-Identifier: GPL-2.0-only
/* The least that a module can be. */
#include <linux/module.h>

static char *who = "world";
module_param(who, charp, 0444);
MODULE_PARM_DESC(who, "who is greeted in the log");

static int __init hello_init(void)
{
	pr_info("hello, %s\n", who);

	return 0;
}
module_init(hello_init);

static void __exit hello_exit(void)
{
}
module_exit(hello_exit);

MODULE_DESCRIPTION("An example");
MODULE_LICENSE("GPL");
