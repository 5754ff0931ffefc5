// SPDX-License-Identifier: GPL-2.0-only
/* Whose each step is, what is done in it, and a log of that. */
#include <stdio.h>
#include <unistd.h>

#include "fuzz.h"
#include "host.h"
#include "tap.h"
#include "task.h"

/* Steps of a thousand that are an actor's: the slow ones have few. */
static const unsigned int shares[ACTORS] = {
	[ACTOR_VMM] = 992,
	[ACTOR_ADMIN] = 3,
	[ACTOR_HARDWARE] = 5,
};

/* How far ahead of others a lane gets, unless they take long. */
#define AHEAD_STEPS 1000
#define AHEAD_MS 5

struct fuzz *fuzz;

const char *actor_name(enum actor actor)
{
	static const char *const names[] = { "vmm", "admin", "hardware" };

	return names[actor];
}

/* Cells lie where no other operation of any lane writes, see arena_span(). */
static void init_cells(struct lane *lane)
{
	struct rng rng = rng_of(fuzz->seed, ~(u64)lane->number);
	const struct gpu *gpu = &lane->target->gpu;
	unsigned int i;

	for (i = 0; i < LANE_CELLS; i++) {
		unsigned int index = i % 2 && gpu->resmem.length ? RESMEM : USEMEM;
		u64 length = gpu_memory(gpu, index)->length;
		u64 at = i % 3 ? MIB * lane->number : length - 2 * MIB + 64 * KIB * lane->number;

		lane->cells[i].index = index;
		lane->cells[i].offset = at + i * 8 * KIB + rng_below(&rng, KIB) * 8;
	}
}

void plan_init(void)
{
	unsigned int i;

	for (i = 0; i < LANES; i++) {
		struct lane *lane = &fuzz->lanes[i];

		lane->number = i;
		lane->next = fuzz->first;
		if (i >= ADMIN_LANE) {
			lane->actor = i == ADMIN_LANE ? ACTOR_ADMIN : ACTOR_HARDWARE;
			continue;
		}
		lane->target = &fuzz->targets[i / VMM_LANES];
		if (i / VMM_LANES < fuzz->gpus)
			init_cells(lane);
	}
}

/* The number of the lane whose step it is. */
static unsigned int step_lane(struct rng *rng)
{
	unsigned int share = rng_below(rng, 1000);
	unsigned int lane = rng_below(rng, fuzz->gpus * VMM_LANES);

	if (share < shares[ACTOR_VMM])
		return lane;
	share -= shares[ACTOR_VMM];
	return share < shares[ACTOR_ADMIN] ? ADMIN_LANE : HARDWARE_LANE;
}

struct target *plan_target(struct lane *lane)
{
	return &fuzz->targets[rng_below(&lane->rng, fuzz->gpus)];
}

static bool is_over(u64 step)
{
	return fuzz->stop || step - fuzz->first >= fuzz->steps;
}

static u64 slowest(void)
{
	u64 slowest = ~0ULL;
	unsigned int i;

	for (i = 0; i < LANES; i++) {
		const struct lane *lane = &fuzz->lanes[i];

		if (lane->pid && !lane->ended && lane->next < slowest)
			slowest = lane->next;
	}
	return slowest;
}

/* The first step that no lane has begun. */
static u64 fastest(void)
{
	u64 fastest = fuzz->first;
	unsigned int i;

	for (i = 0; i < LANES; i++) {
		const struct lane *lane = &fuzz->lanes[i];

		if ((lane->done || lane->op) && lane->step >= fastest)
			fastest = lane->step + 1;
	}
	return fastest;
}

static void keep_together(const struct lane *lane)
{
	long ms;

	for (ms = 0; ms < AHEAD_MS && lane->next > slowest() + AHEAD_STEPS; ms++)
		task_sleep_ms(1);
}

static bool find_step(struct lane *lane)
{
	for (; !is_over(lane->next); lane->next++) {
		lane->rng = rng_of(fuzz->seed, lane->next);
		if (step_lane(&lane->rng) != lane->number)
			continue;
		lane->step = lane->next++;
		return true;
	}
	return false;
}

static const struct op *choose(struct rng *rng, const struct op *ops)
{
	unsigned int sum = 0, at;
	const struct op *op;

	for (op = ops; op->name; op++)
		sum += op->weight;
	at = rng_below(rng, sum);
	for (op = ops; at >= op->weight; op++)
		at -= op->weight;
	return op;
}

/*
 * Into the kernel's log, which outlives a crash: what only one lane does, and is
 * done seldom.
 */
static void tell_kernel(const struct lane *lane, const char *when)
{
	char text[128];

	if (lane->actor == ACTOR_VMM)
		return;
	snprintf(text, sizeof(text), "<4>fuzz-host: %s %s step %llu: %s\n", actor_name(lane->actor),
		 when, lane->step, lane->op);
	host_write("/dev/kmsg", text);
}

bool plan_step(struct lane *lane, const struct op *ops)
{
	const struct op *op;
	struct lane_entry *entry = &lane->log[lane->done % LANE_LOG];

	lane->pid = getpid();
	if (!find_step(lane)) {
		lane->ended = true;
		return false;
	}
	keep_together(lane);
	op = choose(&lane->rng, ops);
	*entry = (struct lane_entry){ lane->step, op->name, 0 };
	lane->since_ms = task_now_ms();
	__atomic_store_n(&lane->op, op->name, __ATOMIC_RELEASE);
	tell_kernel(lane, "begins");
	entry->result = op->run(lane);
	tell_kernel(lane, "ends");
	__atomic_store_n(&lane->op, NULL, __ATOMIC_RELEASE);
	lane->done++;
	return true;
}

static void report_lane(const struct lane *lane)
{
	unsigned long at = lane->done < LANE_LOG ? 0 : lane->done - LANE_LOG + 1;

	if (lane->op)
		tap_note("%s lane %u: in step %llu, %s, for %ld ms", actor_name(lane->actor),
			 lane->number, lane->step, lane->op, task_now_ms() - lane->since_ms);
	else
		tap_note("%s lane %u: between steps", actor_name(lane->actor), lane->number);
	for (; at < lane->done; at++) {
		const struct lane_entry *entry = &lane->log[at % LANE_LOG];

		tap_note("  step %llu: %s: %ld", entry->step, entry->op, entry->result);
	}
}

void plan_report(void)
{
	unsigned int i;

	tap_note("to have it again: --seed %llu --first %llu --steps %llu", fuzz->seed,
		 fuzz->first, fastest() - fuzz->first);
	for (i = 0; i < LANES; i++) {
		if (fuzz->lanes[i].done || fuzz->lanes[i].op)
			report_lane(&fuzz->lanes[i]);
	}
}
