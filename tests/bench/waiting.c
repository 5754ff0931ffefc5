// SPDX-License-Identifier: GPL-2.0-only
/* Reset, and what others are made to wait while an access waits for readiness. */
#include <string.h>
#include <sys/mman.h>

#include "host.h"
#include "measure.h"
#include "task.h"
#include "touch.h"

/* From a reset to readiness; longer than the reset itself takes. */
#define READY_MS 300

/* How long memory is not ready while config accesses are watched. */
#define NOT_READY_MS 1000

static char *map;

static long load(void *arg)
{
	u64 value;

	(void)arg;
	return touch_load(map, &value);
}

/* From the ioctl to the first byte that a mapping gives. */
void measure_reset(void)
{
	u64 start, done;

	map = vfio_map(&dev, USEMEM, 0, host_page_size());
	CHECK_RET(load(NULL), 0);
	host_control_set(gpu.bdf, "train_ms", READY_MS);
	start = sample_now();
	CHECK_RET(vfio_reset(&dev), 0);
	done = sample_now();
	CHECK_RET(load(NULL), 0);
	sample_since("reset_first_byte", start);
	sample_put("reset", done - start);
	sample_put("ready_at_first_byte", host_gpu_is_ready(&gpu));
	munmap(map, host_page_size());
}

/* A read of a BAR, and the command register written with what it is. */
static void access_config(u16 command)
{
	u32 value;

	CHECK_RET(vfio_read(&dev, CONFIG, PCI_BASE_ADDRESS_4, &value, 4), 4);
	CHECK_RET(vfio_write(&dev, CONFIG, PCI_COMMAND, &command, 2), 2);
}

void measure_waiting(void)
{
	u64 longest = 0, start, took;
	struct task fault;
	u16 command;

	CHECK_RET(vfio_read(&dev, CONFIG, PCI_COMMAND, &command, 2), 2);
	host_control_set(gpu.bdf, "train_ms", NOT_READY_MS);
	map = vfio_map(&dev, USEMEM, 0, host_page_size());
	CHECK_RET(vfio_reset(&dev), 0);
	task_start(&fault, load, NULL);
	do {
		start = sample_now();
		access_config(command);
		took = sample_now() - start;
		if (took > longest)
			longest = took;
	} while (!task_ended(&fault, 1));
	CHECK_RET(task_end(&fault), 0);
	sample_put("config_while_waiting", longest);
	munmap(map, host_page_size());
}
