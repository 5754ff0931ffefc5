// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mappings of the device, made, changed, touched and taken away by all threads
 * at once.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host.h"
#include "tap.h"
#include "task.h"
#include "touch.h"
#include "vmm.h"

#define TOUCHES 16

static long result(const void *map)
{
	return tap_sys(map == MAP_FAILED ? -1 : 0);
}

static int random_prot(struct rng *rng)
{
	static const int prots[] = {
		PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE, PROT_WRITE
	};

	return RNG_PICK(rng, prots);
}

/* What may not be mapped is not; what may, is. */
long vmm_map(struct lane *lane)
{
	struct rng *rng = &lane->rng;
	struct span span = arena_span(rng, &lane->target->gpu, ARENA_SLOT - host_page_size());
	const struct gpu_memory *memory = gpu_memory(&lane->target->gpu, span.index);
	int flags = rng_chance(rng, 10) ? MAP_PRIVATE : MAP_SHARED;
	struct slot *slot = arena_slot(rng);
	u64 page = host_page_size();
	long ret;

	if (rng_chance(rng, 90))
		span.offset = span.offset / page * page;
	slot->read_only = false;
	ret = vfio_try_map(&vmm.dev, span.index, span.offset, span.length, random_prot(rng),
			   flags | (rng_chance(rng, 20) ? MAP_POPULATE : 0), slot->at, NULL);
	span.length = (span.length + page - 1) / page * page;
	if (flags == MAP_PRIVATE || span.offset % page ||
	    span.offset + span.length > memory->length)
		CHECK(ret < 0, "region %u: %#llx bytes at %#llx can be mapped with flags %#x",
		      span.index, span.length, span.offset, flags);
	else
		CHECK(!ret || ret == -ENODEV || ret == -EIO,
		      "region %u: %#llx bytes at %#llx cannot be mapped: %ld", span.index,
		      span.length, span.offset, ret);
	return ret;
}

/* The core's own BAR. What is written there would break the virtual GPU, and prove nothing. */
long vmm_map_registers(struct lane *lane)
{
	struct slot *slot = arena_slot(&lane->rng);

	slot->read_only = true;
	return vfio_try_map(&vmm.dev, VFIO_PCI_BAR0_REGION_INDEX,
			    rng_below(&lane->rng, 16) * host_page_size(),
			    1 + rng_size(&lane->rng, 256 * KIB), PROT_READ, MAP_SHARED, slot->at,
			    NULL);
}

long vmm_map_anonymous(struct lane *lane)
{
	struct slot *slot = arena_slot(&lane->rng);

	slot->read_only = false;
	return result(mmap(slot->at, 1 + rng_size(&lane->rng, 8 * MIB), PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
}

/* The address stays the arena's. */
static long take_away(char *at, size_t length)
{
	return result(mmap(at, length, PROT_NONE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0));
}

/* Some pages that begin at an address, all in the arena. */
static size_t random_length(struct rng *rng)
{
	return (1 + rng_size(rng, ARENA_SLOT / host_page_size() - 1)) * host_page_size();
}

static char *random_page(struct rng *rng)
{
	return arena_slot(rng)->at + rng_size(rng, 32) * host_page_size();
}

long vmm_unmap(struct lane *lane)
{
	return take_away(random_page(&lane->rng), random_length(&lane->rng));
}

long vmm_move(struct lane *lane)
{
	struct slot *from = arena_slot(&lane->rng), *to = arena_slot(&lane->rng);
	size_t length = random_length(&lane->rng), more = random_length(&lane->rng);
	char *at = from->at + rng_size(&lane->rng, 8) * host_page_size();
	int flags = MREMAP_MAYMOVE | MREMAP_FIXED;
	long ret;

	if (from == to)
		return tap_sys(madvise(at, length, MADV_DONTNEED));
	to->read_only |= from->read_only;
	if (rng_chance(&lane->rng, 20)) {
		flags |= MREMAP_DONTUNMAP;
		more = length;
	} else if (rng_chance(&lane->rng, 70)) {
		more = length;
	}
	ret = result(mremap(at, length, more, flags, to->at));
	/* what it left is nobody's now: take it back */
	if (!ret && !(flags & MREMAP_DONTUNMAP))
		take_away(at, length);
	return ret;
}

long vmm_protect(struct lane *lane)
{
	struct slot *slot = arena_slot(&lane->rng);
	int prot = random_prot(&lane->rng);

	if (slot->read_only)
		prot &= PROT_READ;
	return tap_sys(mprotect(slot->at + rng_size(&lane->rng, 16) * host_page_size(),
				(1 + rng_size(&lane->rng, 63)) * host_page_size(), prot));
}

/* All but those that poison pages of the host. */
long vmm_advise(struct lane *lane)
{
	static const int advices[] = {
		MADV_NORMAL, MADV_RANDOM, MADV_SEQUENTIAL, MADV_WILLNEED, MADV_DONTNEED,
		MADV_FREE, MADV_REMOVE, MADV_DONTFORK, MADV_DOFORK, MADV_MERGEABLE,
		MADV_UNMERGEABLE, MADV_HUGEPAGE, MADV_NOHUGEPAGE, MADV_DODUMP, MADV_DONTDUMP,
		MADV_WIPEONFORK, MADV_KEEPONFORK, MADV_COLD, MADV_PAGEOUT, MADV_POPULATE_READ,
		MADV_POPULATE_WRITE, MADV_DONTNEED_LOCKED, MADV_COLLAPSE,
	};

	return tap_sys(madvise(random_page(&lane->rng), random_length(&lane->rng),
			       RNG_PICK(&lane->rng, advices)));
}

long vmm_lock(struct lane *lane)
{
	char *at = random_page(&lane->rng);
	size_t length = random_length(&lane->rng);

	switch (rng_below(&lane->rng, 4)) {
	case 0:
		return tap_sys(mlock(at, length));
	case 1:
		return tap_sys(mlock2(at, length, MLOCK_ONFAULT));
	case 2:
		return tap_sys(msync(at, length, MS_SYNC | MS_INVALIDATE));
	default:
		return tap_sys(munlock(at, length));
	}
}

static long touch_some(struct rng *rng)
{
	unsigned int i;
	u64 value;
	long bad = 0;

	for (i = 0; i < TOUCHES; i++) {
		char *at = (char *)((uintptr_t)arena_address(rng) & ~7ULL);

		if (rng_chance(rng, 30))
			bad += touch_store(at, rng_next(rng)) != 0;
		else
			bad += touch_load(at, &value) != 0;
	}
	return bad;
}

long vmm_touch(struct lane *lane)
{
	return touch_some(&lane->rng);
}

/* A child has the mappings and the device, too, and may outlive their changes here. */
long vmm_fork(struct lane *lane)
{
	long ms = rng_size(&lane->rng, 100);
	pid_t parent = getpid(), pid = fork();
	int status;

	if (pid < 0)
		return tap_sys(pid);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		while (getppid() == parent)
			touch_some(&lane->rng);
		_exit(0);
	}
	task_sleep_ms(ms);
	kill(pid, SIGKILL);
	return tap_sys(waitpid(pid, &status, 0)) == pid ? 0 : -ECHILD;
}
