// SPDX-License-Identifier: GPL-2.0-only
/* Where a VMM's mappings and buffers are. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "arena.h"
#include "host.h"
#include "tap.h"

/* Cells are below, and in the MiB before the last; see init_cells(). */
#define CELLS_FRONT (64 * MIB)
#define CELLS_END (2 * MIB)
#define LAST MIB

static struct slot slots[ARENA_SLOTS];

/*
 * A move leaves a hole until it is filled again. The kernel gives the highest addresses
 * that are free: threads and buffers are to get those above the arena meanwhile.
 */
static void *reserve_below(size_t above, size_t length, size_t align)
{
	void *free = mmap(NULL, above, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
			  -1, 0);
	void *below = vfio_reserve(length, align, 0);

	CHECK(free != MAP_FAILED && below < free, "the arena is not below %p", free);
	CHECK_RET(tap_sys(munmap(free, above)), 0);
	return below;
}

void arena_init(void)
{
	/* So much is left behind it that no access gets to what is not the arena's. */
	char *base = reserve_below(16 * GIB, ARENA_SLOTS * ARENA_SLOT + 2 * ARENA_SPAN_MAX,
				   ARENA_SLOT);
	unsigned int i;

	for (i = 0; i < ARENA_SLOTS; i++) {
		slots[i].at = base + i * ARENA_SLOT;
		CHECK(mmap(slots[i].at, 256 * KIB, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == slots[i].at,
		      "no memory: %s", strerror(errno));
	}
}

struct slot *arena_slot(struct rng *rng)
{
	return &slots[rng_below(rng, ARENA_SLOTS)];
}

char *arena_address(struct rng *rng)
{
	char *at = arena_slot(rng)->at;
	u64 page = host_page_size();

	switch (rng_below(rng, 4)) {
	case 0:
		return at;
	case 1:
		return at + rng_size(rng, ARENA_SLOT - 1);
	case 2:
		return at + ARENA_SLOT - rng_size(rng, page);
	default:
		/* most mappings end after a few pages */
		return at + (1 + rng_below(rng, 20)) * page - rng_size(rng, page);
	}
}

void *arena_pointer(struct rng *rng)
{
	switch (rng_below(rng, 16)) {
	case 0:
		return NULL;
	case 1:
		return (void *)rng_size(rng, 64 * KIB);
	case 2:
		return (void *)(0xffff000000000000ULL | rng_next(rng));
	case 3:
		return (void *)(1ULL << (48 + rng_below(rng, 15)) | rng_size(rng, GIB));
	case 4:
		return (void *)-rng_size(rng, MIB);
	default:
		return arena_address(rng);
	}
}

static u64 random_offset(struct rng *rng, const struct gpu_memory *memory)
{
	u64 end = memory->length - LAST, page = host_page_size();

	switch (rng_below(rng, 8)) {
	case 0:
		return memory->length - rng_size(rng, LAST);
	case 1:
		return memory->length + rng_size(rng, memory->bar - memory->length + page);
	case 2:
		return end + rng_below(rng, LAST / page) * page;
	case 3:
		/* leaves of a PMD */
		return CELLS_FRONT + rng_below(rng, 4) * host_pmd_size();
	default:
		end -= CELLS_END - LAST;
		return CELLS_FRONT + rng_below(rng, (end - CELLS_FRONT) / page) * page;
	}
}

struct span arena_span(struct rng *rng, const struct gpu *gpu, u64 limit)
{
	unsigned int index = rng_chance(rng, 50) && gpu->resmem.length ? RESMEM : USEMEM;
	const struct gpu_memory *memory = gpu_memory(gpu, index);
	struct span span = { index, random_offset(rng, memory), 1 + rng_size(rng, limit - 1) };
	u64 end = memory->length - CELLS_END;

	if (rng_chance(rng, 30))
		span.offset += rng_size(rng, host_page_size());
	if (span.offset < end && span.offset + span.length > end)
		span.length = end - span.offset;
	return span;
}
