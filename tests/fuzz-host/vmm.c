// SPDX-License-Identifier: GPL-2.0-only
/* The life of a VMM: it opens its GPU, its threads do their steps, it dies. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tap.h"
#include "task.h"
#include "touch.h"
#include "vmm.h"

#define OPEN_AGAIN_MS 20

struct vmm vmm;

/* While other threads are anywhere in the kernel; the next VMM goes on. */
static long die(struct lane *lane)
{
	if (rng_chance(&lane->rng, 50))
		kill(getpid(), SIGKILL);
	_exit(0);
}

static const struct op ops[] = {
	{ "write cell", 120, vmm_write_cell },
	{ "check cell", 200, vmm_check_cell },
	{ "map", 50, vmm_map },
	{ "map registers", 10, vmm_map_registers },
	{ "map anonymous", 15, vmm_map_anonymous },
	{ "unmap", 15, vmm_unmap },
	{ "move", 15, vmm_move },
	{ "protect", 15, vmm_protect },
	{ "advise", 20, vmm_advise },
	{ "lock", 10, vmm_lock },
	{ "touch", 120, vmm_touch },
	{ "fork", 4, vmm_fork },
	{ "read", 40, vmm_read },
	{ "read anything", 20, vmm_read_anything },
	{ "write", 40, vmm_write },
	{ "vectors", 15, vmm_vectors },
	{ "copy process", 15, vmm_copy_process },
	{ "copy file", 15, vmm_copy_file },
	{ "splice", 15, vmm_splice },
	{ "config read", 20, vmm_config_read },
	{ "config write", 20, vmm_config_write },
	{ "config FLR", 3, vmm_config_flr },
	{ "config power", 4, vmm_config_power },
	{ "config wake", 30, vmm_config_wake },
	{ "ioctl", 40, vmm_ioctl },
	{ "feature", 20, vmm_feature },
	{ "irqs", 15, vmm_irqs },
	{ "reset", 6, vmm_reset },
	{ "hot reset", 4, vmm_hot_reset },
	{ "map DMA", 15, vmm_map_dma },
	{ "unmap DMA", 15, vmm_unmap_dma },
	{ "dma-buf", 8, vmm_dmabuf },
	{ "iommufd", 30, vmm_iommufd },
	{ "die", 2, die },
	{ }
};

/* Capabilities in config space, 0: the device does not answer now. */
static u8 capability(u8 id)
{
	u8 at = 0, got = 0;
	int i;

	vfio_read(&vmm.dev, CONFIG, PCI_CAPABILITY_LIST, &at, 1);
	for (i = 0; at && i < 48; i++) {
		if (vfio_read(&vmm.dev, CONFIG, at, &got, 1) != 1 || got == id)
			break;
		vfio_read(&vmm.dev, CONFIG, at + PCI_CAP_LIST_NEXT, &at, 1);
	}
	return got == id ? at : 0;
}

/* By cdev, where there is one, as often as by group. */
static int try_open(void)
{
	const struct gpu *gpu = &vmm.target->gpu;

	if (vmm.target->vmms % 2 && vfio_has_cdev(gpu))
		return vfio_try_open_cdev(&vmm.dev, gpu);
	return vfio_try_open(&vmm.dev, gpu);
}

/* False: there are no more steps. */
static bool open_device(void)
{
	while (try_open()) {
		if (fuzz->stop)
			return false;
		task_sleep_ms(OPEN_AGAIN_MS);
	}
	return true;
}

static void prepare(void)
{
	unsigned int index;

	arena_init();
	touch_anything();
	CHECK_RET(tap_sys(pipe2(vmm.pipe, O_NONBLOCK | O_CLOEXEC)), 0);
	vmm.file = memfd_create("fuzz", MFD_CLOEXEC);
	vmm.event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	CHECK(vmm.file >= 0 && vmm.event >= 0, "no files");
	/* where the regions are is remembered */
	for (index = 0; index <= CONFIG; index++)
		vfio_read(&vmm.dev, index, 0, NULL, 0);
	vmm.pm = capability(PCI_CAP_ID_PM);
	vmm.msi = capability(PCI_CAP_ID_MSI);
	vmm.express = capability(PCI_CAP_ID_EXP);
}

static long live(void *lane)
{
	while (plan_step(lane, ops))
		;
	return 0;
}

void vmm_main(struct target *target)
{
	struct lane *lanes = &fuzz->lanes[(target - fuzz->targets) * VMM_LANES];
	struct task tasks[VMM_LANES];
	unsigned int i;

	vmm.target = target;
	if (!open_device())
		return;
	prepare();
	for (i = 0; i < VMM_LANES; i++)
		task_start(&tasks[i], live, &lanes[i]);
	for (i = 0; i < VMM_LANES; i++)
		task_end(&tasks[i]);
}
