// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest that reads memory with an uncorrectable error: the CPU leaves it with a synchronous
 * external abort, and the kernel handles the error as that task, before the guest goes on
 * (kvm_handle_guest_sea(), ghes_do_memory_failure()).  Nothing that is emulated raises one.
 * So the next page that KVM looks up for a guest by a mapping of a device's memory, which is
 * when a guest first reads it, is lost in that way.
 *
 * debugfs: consumed_error/address   a physical address in that page; 0 when it was lost
 */
#include <linux/debugfs.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/task_work.h>

static u64 address;
static u64 lost_address;
static struct callback_head work;
static struct dentry *folder;

static void lose_page(struct callback_head *head)
{
	int ret = memory_failure(PHYS_PFN(lost_address), MF_ACTION_REQUIRED);

	pr_info("%s lost the page at %#llx: %d\n", current->comm, lost_address, ret);
}

static int on_lookup(struct kprobe *probe, struct pt_regs *regs)
{
	u64 armed = xchg(&address, 0);

	if (!armed)
		return 0;

	lost_address = armed;
	init_task_work(&work, lose_page);
	if (task_work_add(current, &work, TWA_RESUME))
		address = armed;
	return 0;
}

/* By which KVM looks up where a mapping without pages leads. */
static struct kprobe lookup = {
	.symbol_name = "follow_pfnmap_start",
	.pre_handler = on_lookup,
};

static int __init consumed_error_init(void)
{
	int ret = register_kprobe(&lookup);

	if (ret)
		return ret;

	folder = debugfs_create_dir("consumed_error", NULL);
	debugfs_create_u64("address", 0600, folder, &address);
	return 0;
}
module_init(consumed_error_init);

static void __exit consumed_error_exit(void)
{
	debugfs_remove(folder);
	unregister_kprobe(&lookup);
}
module_exit(consumed_error_exit);

MODULE_DESCRIPTION("Memory errors that a guest meets");
MODULE_LICENSE("GPL");
