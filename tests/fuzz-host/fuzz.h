/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What all processes of the fuzzer share: the plan, and where each one is in it.
 *
 * The plan is a row of steps. Whose a step is and what is done in it follows from
 * the seed and its number alone. A lane does the steps that are its own, one after
 * the other; the lanes run at the same time.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <sys/types.h>

#include "gpu.h"
#include "random.h"
#include "vfio.h"

#define FUZZ_GPUS 2

/* Threads of the VMM that has a GPU. */
#define VMM_LANES 4

#define LANE_CELLS 6
#define LANE_LOG 6

enum actor {
	ACTOR_VMM,
	ACTOR_ADMIN,
	ACTOR_HARDWARE,
	ACTORS,
};

/**
 * struct target - a GPU, and the VMM that has it
 * @gpu: which
 * @pid: of the VMM's process, 0: there is none now
 * @leave_ms: the administrator waits for the GPU: the VMM is killed then, and no other
 * starts. 0: no
 * @unready: odd while the memory cannot become ready
 * @vmms: how many there have been
 */
struct target {
	struct gpu gpu;
	pid_t pid;
	long leave_ms;
	u64 unready;
	unsigned long vmms;
};

/**
 * struct cell - a word of GPU memory that one lane writes
 * @index: region
 * @known: it has the value, as its last write has succeeded
 * @offset: in the region
 * @value: what is in it
 */
struct cell {
	unsigned int index;
	bool known;
	u64 offset;
	u64 value;
};

/* What a lane did. */
struct lane_entry {
	u64 step;
	const char *op;
	long result;
};

/**
 * struct lane - one of those who act at the same time
 * @actor: what it is
 * @number: its place among all lanes
 * @target: its GPU (VMM); the administrator and the hardware choose for each step
 * @next: the first step that it has not looked at
 * @step: what it does now
 * @op: its name; NULL between steps
 * @since_ms: when it began that
 * @pid: its process
 * @done: how many steps it has done
 * @ended: it has done all of its steps
 * @rng: numbers of this step
 * @cells: words of memory that are its own
 * @log: its last steps
 */
struct lane {
	enum actor actor;
	unsigned int number;
	struct target *target;
	u64 next;
	u64 step;
	const char *op;
	long since_ms;
	pid_t pid;
	unsigned long done;
	bool ended;
	struct rng rng;
	struct cell cells[LANE_CELLS];
	struct lane_entry log[LANE_LOG];
};

enum {
	ADMIN_LANE = FUZZ_GPUS * VMM_LANES,
	HARDWARE_LANE,
	LANES,
};

/**
 * struct fuzz - the shared state
 * @seed: all that happens follows from it
 * @first: number of the first step
 * @steps: how many
 * @seconds: stop after that
 * @actors: who takes part, a bit for each
 * @lost: GPUs fall off the bus, too, and resets fail
 * @broken_links: the links of GPUs have fatal errors, and nobody removes a port: aer_inject
 *	does not know the buses below one that comes again
 * @stop: no further steps
 * @targets: the GPUs
 * @gpus: how many
 * @lanes: all that act; those of actors that take no part do nothing
 */
struct fuzz {
	u64 seed;
	u64 first;
	u64 steps;
	long seconds;
	unsigned int actors;
	bool lost;
	bool broken_links;
	bool stop;
	struct target targets[FUZZ_GPUS];
	unsigned int gpus;
	struct lane lanes[LANES];
};

extern struct fuzz *fuzz;

/* One of the things that an actor can do: 0, a count, or -errno, for the log. */
struct op {
	const char *name;
	unsigned int weight;
	long (*run)(struct lane *lane);
};

const char *actor_name(enum actor actor);

/* Lanes and their cells, from the seed. */
void plan_init(void);

/*
 * Does the lane's next step by one of its operations, a list that ends without a
 * name. False if there are no more.
 */
bool plan_step(struct lane *lane, const struct op *ops);

/* Where every lane is, and what it did last. */
void plan_report(void);

/* Starts all actors and watches them to their end. */
void watch_run(void);

/* The life of each actor's process; returns when there are no more steps. */
void vmm_main(struct target *target);
void admin_main(struct lane *lane);
void hardware_main(struct lane *lane);

/* A GPU for an actor that has none of its own. */
struct target *plan_target(struct lane *lane);

#endif
