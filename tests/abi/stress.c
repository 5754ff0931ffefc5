// SPDX-License-Identifier: GPL-2.0-only
/* Eight threads mix config, data, faults and resets for a bounded time. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "access.h"
#include "config_model.h"
#include "host.h"
#include "program.h"
#include "touch.h"

#define SECONDS_DEFAULT 10
#define SLOT (8 * MIB)
#define BLOCK 4099

/**
 * struct worker - one of the threads
 * @name: for the notes
 * @step: one round of what it does
 * @slot: its part of the memory; nobody else writes there
 * @index: the region that is in
 * @seed: of its random numbers
 * @map: a mapping of its part that lives as long as the thread
 * @rounds: how many it has done
 * @task: the thread
 */
struct worker {
	const char *name;
	void (*step)(struct worker *worker);
	unsigned int slot;
	unsigned int index;
	unsigned int seed;
	char *map;
	unsigned long rounds;
	struct task task;
};

static struct vfio dev;
static long end_ms;

static u64 random_in(struct worker *worker, u64 limit)
{
	return ((u64)rand_r(&worker->seed) << 31 | rand_r(&worker->seed)) %
	       limit;
}

/* All widths and places around the BARs; only the emulated ones are written. */
static void config_step(struct worker *worker)
{
	unsigned int width = 1 + random_in(worker, 64);
	unsigned int offset = random_in(worker, 0x40);
	unsigned int bar = config_bar_offset(worker->index);
	u8 bytes[64];

	CHECK_RET(vfio_read(&dev, CONFIG, offset, bytes, width), width);
	width = 1 + random_in(worker, 8);
	offset = bar + random_in(worker, 9 - width);
	CHECK_RET(vfio_write(&dev, CONFIG, offset, bytes, width), width);
	CHECK_RET(vfio_read(&dev, CONFIG, bar, bytes, 8), 8);
	CHECK_EQ(bytes[0], 0xc);
}

static void data_step(struct worker *worker)
{
	u64 at = worker->slot * SLOT + random_in(worker, SLOT - BLOCK);
	unsigned char in[BLOCK], out[BLOCK];

	memset(in, random_in(worker, 256), BLOCK);
	CHECK_RET(vfio_write(&dev, worker->index, at, in, BLOCK), BLOCK);
	CHECK_RET(vfio_read(&dev, worker->index, at, out, BLOCK), BLOCK);
	CHECK(!memcmp(in, out, BLOCK), "%s: other bytes at %#llx",
	      worker->name, at);
}

/* A new mapping each time, faulted in by a store. */
static void fault_step(struct worker *worker)
{
	size_t page = host_page_size(), length = 16 * page;
	u64 at = worker->slot * SLOT +
		 random_in(worker, (SLOT - length) / page) * page;
	u64 mark = random_in(worker, ~0ULL), got;
	char *map = vfio_map(&dev, worker->index, at, length);

	CHECK_RET(touch_store(map + 3 * page, mark), 0);
	CHECK_RET(touch_load(map + 3 * page, &got), 0);
	CHECK_EQ(got, mark);
	CHECK_RET(vfio_read(&dev, worker->index, at + 3 * page, &got, 8), 8);
	CHECK_EQ(got, mark);
	munmap(map, length);
}

/* One mapping that sees every reset come and go. */
static void live_step(struct worker *worker)
{
	u64 at = random_in(worker, SLOT / 8) * 8;
	u64 mark = random_in(worker, ~0ULL), got;

	CHECK_RET(touch_store(worker->map + at, mark), 0);
	CHECK_RET(touch_load(worker->map + at, &got), 0);
	CHECK_EQ(got, mark);
}

static void reset_step(struct worker *worker)
{
	int ret = vfio_reset(&dev);

	CHECK(!ret || ret == -EAGAIN, "reset: %s", strerror(-ret));
	task_sleep_ms(random_in(worker, 100));
}

static struct worker workers[] = {
	{ "config of BAR4", config_step, 0, USEMEM },
	{ "config of BAR2", config_step, 1, RESMEM },
	{ "usemem data", data_step, 2, USEMEM },
	{ "resmem data", data_step, 3, RESMEM },
	{ "usemem faults", fault_step, 4, USEMEM },
	{ "resmem faults", fault_step, 5, RESMEM },
	{ "usemem live mapping", live_step, 6, USEMEM },
	{ "resets", reset_step, 7, USEMEM },
};

static long work(void *arg)
{
	struct worker *worker = arg;

	while (task_now_ms() < end_ms) {
		worker->step(worker);
		worker->rounds++;
	}
	return 0;
}

static long seconds = SECONDS_DEFAULT;

static void all_at_once(void)
{
	struct worker *worker;

	vfio_open(&dev, &gpu);
	end_ms = task_now_ms() + seconds * 1000;
	for (worker = workers; worker < workers + TAP_COUNT(workers);
	     worker++) {
		worker->seed = worker->slot + 1;
		worker->map = vfio_map(&dev, worker->index,
				       worker->slot * SLOT, SLOT);
		task_start(&worker->task, work, worker);
	}
	for (worker = workers; worker < workers + TAP_COUNT(workers);
	     worker++) {
		task_end(&worker->task);
		tap_note("%s: %lu rounds", worker->name, worker->rounds);
		CHECK(worker->rounds, "%s did nothing", worker->name);
	}
}

static const struct tap_test tests[] = {
	{ "D2.5, D6.2 eight threads mix config, data, faults and resets",
	  all_at_once, 600 },
};

int main(int argc, char **argv)
{
	if (argc > 2)
		seconds = atol(argv[2]);
	return program_run(argc, argv, tests, TAP_COUNT(tests));
}
