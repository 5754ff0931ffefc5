// SPDX-License-Identifier: GPL-2.0-only
/*
 * A probe that finds the memory not ready gives up where others would wait with it:
 * who inserts the module, or anybody who cannot be killed.  It is tried again here,
 * with nothing locked meanwhile.
 */
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "nvgrace_gpu.h"

/* Each try binds and unbinds, which is seen in sysfs. */
#define RETRY_MS	500

/*
 * Who binds by hand, but is probed for by a thread of the kernel, waits that long: a
 * guest that is started again finds its GPU just reset.
 */
#define THREAD_WAIT_MS	(10 * MSEC_PER_SEC)

/**
 * struct retry - a GPU that is probed again and again
 * @node: in retries; who takes it off frees it
 * @pdev: the GPU
 * @driver: this driver
 * @since: jiffies when the time-outs began to run
 * @wanted: the last probe wants another one
 * @over: a probe came to a result, or somebody waits for it
 * @work: the next try
 *
 * @since, @wanted and @over are for probes, which hold the device lock, and the
 * work, which does not: under retries_lock.
 */
struct retry {
	struct list_head node;
	struct pci_dev *pdev;
	struct device_driver *driver;
	unsigned long since;
	bool wanted;
	bool over;
	struct delayed_work work;
};

static struct workqueue_struct *retries_wq;
static LIST_HEAD(retries);
static DEFINE_MUTEX(retries_lock);
static bool retries_stopped;
/* The module is being inserted: probes are of GPUs that nobody waits for. */
static bool inserting;

static struct retry *find_retry(const struct pci_dev *pdev)
{
	struct retry *retry;

	list_for_each_entry(retry, &retries, node) {
		if (retry->pdev == pdev)
			return retry;
	}

	return NULL;
}

static void free_retry(struct retry *retry)
{
	pci_dev_put(retry->pdev);
	kfree(retry);
}

static void queue_retry(struct retry *retry)
{
	queue_delayed_work(retries_wq, &retry->work, msecs_to_jiffies(RETRY_MS));
}

/*
 * No probe at all where the GPU has been removed, has another driver, or
 * driver_override has been changed: then it is over.
 */
static void try_again(struct work_struct *work)
{
	struct retry *retry = container_of(to_delayed_work(work), struct retry, work);
	bool ended;

	mutex_lock(&retries_lock);
	retry->wanted = false;
	ended = retry->over;
	mutex_unlock(&retries_lock);

	if (!ended && device_driver_attach(retry->driver, &retry->pdev->dev))
		pci_dbg(retry->pdev, "not bound this time\n");

	mutex_lock(&retries_lock);
	/* Whoever stops the retries has it, and waits for this to end. */
	ended = !retries_stopped && !retry->wanted;
	if (ended)
		list_del(&retry->node);
	else if (!retries_stopped)
		queue_retry(retry);
	mutex_unlock(&retries_lock);

	if (ended)
		free_retry(retry);
}

/* The PCI core probes a device of a NUMA node in a thread, whoever asked for it. */
static bool is_by_hand(void)
{
	return !READ_ONCE(inserting) && !(current->flags & PF_KTHREAD);
}

/**
 * nvgrace_retry_can_wait() - may this probe wait for hardware?
 * @pdev: the GPU
 * @since: from nvgrace_retry_since()
 *
 * Context: probe.
 * Return: true if it can be killed, or has not waited for long.
 */
bool nvgrace_retry_can_wait(struct pci_dev *pdev, unsigned long since)
{
	struct retry *retry;
	bool is_retry;

	if (is_by_hand())
		return true;
	if (READ_ONCE(inserting))
		return false;

	mutex_lock(&retries_lock);
	retry = find_retry(pdev);
	is_retry = retry && !retry->over;
	mutex_unlock(&retries_lock);

	return !is_retry && time_before(jiffies, since + msecs_to_jiffies(THREAD_WAIT_MS));
}

/**
 * nvgrace_retry_since() - when the wait for the memory began
 * @pdev: the GPU
 *
 * Who binds by hand takes over from the retries.
 *
 * Context: probe.
 * Return: jiffies of the first probe in a row, now if this is it.
 */
unsigned long nvgrace_retry_since(struct pci_dev *pdev)
{
	unsigned long since = jiffies;
	struct retry *retry;

	mutex_lock(&retries_lock);
	retry = find_retry(pdev);
	if (retry && is_by_hand())
		retry->over = true;
	if (retry && !retry->over)
		since = retry->since;
	mutex_unlock(&retries_lock);

	return since;
}

static struct retry *new_retry(struct pci_dev *pdev)
{
	struct retry *retry = kzalloc(sizeof(*retry), GFP_KERNEL);

	if (!retry)
		return NULL;

	retry->pdev = pci_dev_get(pdev);
	retry->driver = pdev->dev.driver;
	retry->over = true;
	INIT_DELAYED_WORK(&retry->work, try_again);
	list_add(&retry->node, &retries);
	queue_retry(retry);

	return retry;
}

/**
 * nvgrace_retry_later() - probe again, the memory is not ready yet
 * @pdev: the GPU
 * @since: from nvgrace_retry_since()
 *
 * Context: probe, which cannot wait.
 * Return: what probe has to return: -EPROBE_DEFER, or -ENOMEM.
 */
int nvgrace_retry_later(struct pci_dev *pdev, unsigned long since)
{
	int ret = -EPROBE_DEFER;
	struct retry *retry;

	mutex_lock(&retries_lock);
	if (retries_stopped)
		goto out_unlock;

	retry = find_retry(pdev) ?: new_retry(pdev);
	if (!retry) {
		ret = -ENOMEM;
		goto out_unlock;
	}
	if (retry->over)
		pci_info(pdev, "GPU memory is not ready yet: bound when it is\n");
	retry->since = since;
	retry->wanted = true;
	retry->over = false;
out_unlock:
	mutex_unlock(&retries_lock);
	return ret;
}

/**
 * nvgrace_retry_over() - a probe came to a result
 * @pdev: the GPU
 *
 * Context: probe.
 */
void nvgrace_retry_over(struct pci_dev *pdev)
{
	struct retry *retry;

	mutex_lock(&retries_lock);
	retry = find_retry(pdev);
	if (retry)
		retry->over = true;
	mutex_unlock(&retries_lock);
}

/**
 * nvgrace_retry_start() - from now on there can be retries
 *
 * Context: init, before the driver is registered.
 * Return: 0, or -ENOMEM.
 */
int nvgrace_retry_start(void)
{
	/* Freezable: while the system goes to sleep no device is probed. */
	retries_wq = alloc_workqueue(KBUILD_MODNAME, WQ_FREEZABLE | WQ_UNBOUND, 0);
	if (!retries_wq)
		return -ENOMEM;

	inserting = true;
	return 0;
}

/**
 * nvgrace_retry_inserted() - the probes of the insertion are over
 *
 * Context: init, after the driver was registered.
 */
void nvgrace_retry_inserted(void)
{
	WRITE_ONCE(inserting, false);
}

/**
 * nvgrace_retry_stop() - no more retries
 *
 * Context: exit, before the driver is unregistered: nothing is bound after that.
 */
void nvgrace_retry_stop(void)
{
	struct retry *retry, *next;

	mutex_lock(&retries_lock);
	retries_stopped = true;
	mutex_unlock(&retries_lock);

	/* Nobody adds or takes away now. */
	list_for_each_entry_safe(retry, next, &retries, node) {
		cancel_delayed_work_sync(&retry->work);
		free_retry(retry);
	}
	destroy_workqueue(retries_wq);
}
