// SPDX-License-Identifier: GPL-2.0-only
/*
 * Readiness: after power-on and every reset the memory is not to be touched
 * until the link is up and the HBM is trained.
 */
#include <linux/bitfield.h>
#include <linux/io.h>
#include <linux/jiffies.h>
#include <linux/sched/signal.h>

#include "nvgrace_gpu.h"
#include "trace.h"

/* GH200 and GB200: 32-bit status registers in BAR0, each BAR0_READY when done. */
#define BAR0_LINK		0x1498
#define BAR0_TRAINING		0x200bc
#define BAR0_SIZE_MIN		(BAR0_TRAINING + sizeof(u32))
#define BAR0_READY		0xff
#define BAR0_LIMIT_MS		(30 * MSEC_PER_SEC)

/* CXL r4.0, 8.1.3 and 8.1.3.8.2: DVSEC for CXL Devices, Range 1 Size Low. */
#define CXL_VENDOR_ID		0x1e98
#define CXL_DEVICE_DVSEC_ID	0
#define CXL_RANGE1_SIZE_LOW	0x1c
#define CXL_MEM_INFO_VALID	BIT(0)
#define CXL_MEM_ACTIVE		BIT(1)
#define CXL_ACTIVE_TIMEOUT	GENMASK(15, 13)
#define CXL_INFO_VALID_MS	(1 * MSEC_PER_SEC)

/* How often to look while waiting: short against 30 s, long against a look. */
#define POLL_MS			10

/**
 * struct look - what one look at the hardware showed
 * @missing: what is not ready, NULL if all is
 * @limit_ms: how long that may take, counted from the reset
 */
struct look {
	const char *missing;
	unsigned int limit_ms;
};

/* Is BAR0 there to be read?  Not while decode is off or the device sleeps. */
static bool bar0_readable(struct pci_dev *pdev)
{
	return pdev->current_state == PCI_D0 && nvgrace_decode_is_on(pdev);
}

static int look_at_bar0(struct nvgrace_gpu *gpu, struct look *look)
{
	void __iomem *bar0 = gpu->readiness.bar0;

	if (!bar0 || !bar0_readable(gpu->core.pdev))
		return -EIO;

	look->limit_ms = BAR0_LIMIT_MS;
	if (ioread32(bar0 + BAR0_LINK) != BAR0_READY)
		look->missing = "the C2C link is not up";
	else if (ioread32(bar0 + BAR0_TRAINING) != BAR0_READY)
		look->missing = "the HBM is not trained";

	return 0;
}

/* Codes 0 to 4 mean 1, 4, 16, 64 and 256 s; the rest are reserved. */
static unsigned int cxl_active_limit_ms(u32 range)
{
	unsigned int code = FIELD_GET(CXL_ACTIVE_TIMEOUT, range);

	return (1u << (2 * min(code, 4u))) * MSEC_PER_SEC;
}

static int look_at_cxl(struct nvgrace_gpu *gpu, struct look *look)
{
	struct pci_dev *pdev = gpu->core.pdev;
	u32 range;

	if (pci_read_config_dword(pdev, gpu->readiness.cxl_dvsec + CXL_RANGE1_SIZE_LOW, &range) ||
	    PCI_POSSIBLE_ERROR(range))
		return -EIO;

	look->limit_ms = CXL_INFO_VALID_MS;
	if (!(range & CXL_MEM_INFO_VALID)) {
		look->missing = "the link is not up (CXL MEM_INFO_VALID is clear)";
		return 0;
	}

	/* The clock for the second phase starts where the first has to end. */
	look->limit_ms += cxl_active_limit_ms(range);
	if (!(range & CXL_MEM_ACTIVE))
		look->missing = "the memory is not trained (CXL MEM_ACTIVE is clear)";

	return 0;
}

/*
 * How long that took is known only as far as somebody looked: it may have become
 * so long before the first look.
 */
static void became_ready(struct nvgrace_gpu *gpu)
{
	struct nvgrace_readiness *readiness = &gpu->readiness;
	unsigned long missing = READ_ONCE(readiness->missing), since = readiness->since;

	if (xchg(&readiness->state, NVGRACE_READY) == NVGRACE_READY)
		return;

	WRITE_ONCE(gpu->watch.last_ready_ms,
		   time_after(missing, since) ? jiffies_to_msecs(missing - since) : 0);
	trace_nvgrace_readiness(gpu->core.pdev, NVGRACE_READY);
}

/* Says so once for each reset, whoever finds out first. */
static void timed_out(struct nvgrace_gpu *gpu, const struct look *look)
{
	if (cmpxchg(&gpu->readiness.state, NVGRACE_PENDING, NVGRACE_TIMED_OUT) != NVGRACE_PENDING)
		return;

	atomic_long_inc(&gpu->watch.readiness_timeouts);
	nvgrace_watch_event(gpu, NVGRACE_NOT_READY);
	trace_nvgrace_readiness(gpu->core.pdev, NVGRACE_TIMED_OUT);
	pci_err(gpu->core.pdev, "GPU memory is not ready after %u s: %s\n",
		look->limit_ms / (unsigned int)MSEC_PER_SEC, look->missing);
}

/**
 * nvgrace_readiness_check() - is the memory usable now?
 * @gpu: a GPU with memory
 *
 * Looks at the hardware if a look is due since the last reset.
 *
 * Context: holds readiness.lock for read, and memory_lock so that decode
 * stays as it is.  Does not sleep for hardware.
 * Return: 0, -EAGAIN if it may become so by waiting, -ETIME if it should have
 * become so by now, -EIO if the device cannot be asked.
 */
int nvgrace_readiness_check(struct nvgrace_gpu *gpu)
{
	struct nvgrace_readiness *readiness = &gpu->readiness;
	struct look look = {};
	int ret;

	lockdep_assert_held_read(&readiness->lock);

	switch (READ_ONCE(readiness->state)) {
	case NVGRACE_READY:
		return 0;
	case NVGRACE_RESETTING:
		return -EAGAIN;
	default:
		break;
	}

	ret = readiness->cxl_dvsec ? look_at_cxl(gpu, &look) : look_at_bar0(gpu, &look);
	if (ret)
		return ret;

	if (!look.missing) {
		became_ready(gpu);
		return 0;
	}

	WRITE_ONCE(readiness->missing, jiffies);
	if (time_before(jiffies, readiness->since + msecs_to_jiffies(look.limit_ms)))
		return -EAGAIN;

	timed_out(gpu, &look);
	return -ETIME;
}

/**
 * nvgrace_readiness_sleep() - wait a moment for the memory to become ready
 * @state: TASK_KILLABLE or TASK_INTERRUPTIBLE, which says what ends the wait
 *
 * Context: holds no lock that a reset or a close needs.
 * Return: 0 to check again, -EINTR if there is such a signal.
 */
int nvgrace_readiness_sleep(unsigned int state)
{
	set_current_state(state);
	schedule_timeout(msecs_to_jiffies(POLL_MS));

	return signal_pending_state(state, current) ? -EINTR : 0;
}

/**
 * nvgrace_readiness_due() - have the hardware asked before the next access
 * @gpu: a GPU with memory
 *
 * If that is due already, the time-outs go on from when it became so.
 *
 * Context: may sleep; holds no readiness.lock.
 */
void nvgrace_readiness_due(struct nvgrace_gpu *gpu)
{
	struct nvgrace_readiness *readiness = &gpu->readiness;

	down_write(&readiness->lock);
	if (readiness->state == NVGRACE_READY) {
		WRITE_ONCE(readiness->state, NVGRACE_PENDING);
		readiness->since = jiffies;
	}
	up_write(&readiness->lock);
}

/**
 * nvgrace_readiness_restart() - as nvgrace_readiness_due(), with time-outs from now
 * @gpu: a GPU with memory that may just have got its power, or is to get it
 *
 * Context: may sleep; holds no readiness.lock.
 */
void nvgrace_readiness_restart(struct nvgrace_gpu *gpu)
{
	struct nvgrace_readiness *readiness = &gpu->readiness;

	down_write(&readiness->lock);
	if (readiness->state != NVGRACE_RESETTING)
		WRITE_ONCE(readiness->state, NVGRACE_PENDING);
	readiness->since = jiffies;
	up_write(&readiness->lock);
}

/**
 * nvgrace_readiness_method() - where readiness is read
 * @gpu: a GPU with memory
 *
 * Context: any.
 * Return: the method's name in sysfs.
 */
const char *nvgrace_readiness_method(const struct nvgrace_gpu *gpu)
{
	return gpu->readiness.cxl_dvsec ? "cxl-dvsec" : "bar0";
}

/**
 * nvgrace_readiness_init() - prepare a new GPU
 * @gpu: a GPU with memory
 *
 * Context: probe, before the device is registered.
 */
void nvgrace_readiness_init(struct nvgrace_gpu *gpu)
{
	struct nvgrace_readiness *readiness = &gpu->readiness;

	init_rwsem(&readiness->lock);
	readiness->state = NVGRACE_PENDING;
	readiness->since = nvgrace_retry_since(gpu->core.pdev);
	readiness->missing = readiness->since;
	readiness->cxl_dvsec = pci_find_dvsec_capability(gpu->core.pdev, CXL_VENDOR_ID,
							 CXL_DEVICE_DVSEC_ID);
}

/* Nobody has the device at probe: who should have restored BAR0 has not done so. */
static void tell_unreadable(struct pci_dev *pdev)
{
	if (pci_device_is_present(pdev) && nvgrace_decode_lost_bar0(pdev))
		pci_err(pdev, "GPU memory cannot be checked: BAR0 has lost its address, remove the device and rescan the bus\n");
	else
		pci_err(pdev, "GPU memory cannot be checked: the device does not answer\n");
}

static int wait_at_probe(struct nvgrace_gpu *gpu)
{
	int ret;

	do {
		down_read(&gpu->readiness.lock);
		ret = nvgrace_readiness_check(gpu);
		up_read(&gpu->readiness.lock);
	} while (ret == -EAGAIN && nvgrace_retry_can_wait(gpu->core.pdev, gpu->readiness.since) &&
		 !(ret = nvgrace_readiness_sleep(TASK_KILLABLE)));

	if (ret == -EIO)
		tell_unreadable(gpu->core.pdev);

	return ret;
}

/**
 * nvgrace_readiness_probe() - wait for readiness before the device is offered
 * @gpu: a GPU with memory, not registered yet
 *
 * Context: probe; sleeps for up to the hardware's time-out, killable, or as long as
 * it can wait.
 * Return: 0, -EAGAIN if it cannot wait any longer, -ETIME if the device did not
 * become ready (which is logged), -EINTR if the task was killed, or why BAR0 could
 * not be reached.
 */
int nvgrace_readiness_probe(struct nvgrace_gpu *gpu)
{
	struct pci_dev *pdev = gpu->core.pdev;
	int ret;

	ret = nvgrace_decode_enable(pdev);
	if (ret)
		return ret;

	/* The core needs BAR0, wherever readiness is. */
	if (!nvgrace_decode_is_on(pdev)) {
		tell_unreadable(pdev);
		ret = -EIO;
		goto out_disable;
	}

	if (gpu->readiness.cxl_dvsec) {
		ret = wait_at_probe(gpu);
		goto out_disable;
	}

	if (pci_resource_len(pdev, 0) < BAR0_SIZE_MIN) {
		pci_err(pdev, "BAR0 is missing or too small to hold the readiness registers\n");
		ret = -ENODEV;
		goto out_disable;
	}

	ret = pci_request_selected_regions(pdev, BIT(0), KBUILD_MODNAME);
	if (ret)
		goto out_disable;

	gpu->readiness.bar0 = pci_iomap(pdev, 0, 0);
	if (!gpu->readiness.bar0) {
		ret = -ENOMEM;
		goto out_release;
	}

	ret = wait_at_probe(gpu);

	pci_iounmap(pdev, gpu->readiness.bar0);
	gpu->readiness.bar0 = NULL;
out_release:
	pci_release_selected_regions(pdev, BIT(0));
out_disable:
	pci_disable_device(pdev);
	return ret;
}
