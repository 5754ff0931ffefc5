// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is written in one way is read in any other, whatever happens meanwhile,
 * by the next VMM, too. And nothing is while the memory cannot be ready.
 */
#include <sys/mman.h>

#include "access.h"
#include "host.h"
#include "tap.h"
#include "vmm.h"

/* Through a mapping of its own for a load or store. */
static long access_cell(struct lane *lane, enum access_kind kind, const struct cell *cell,
			u64 *value)
{
	u64 page = host_page_size(), unready = lane->target->unready;
	struct access access = {
		&vmm.dev, kind, cell->index, cell->offset, NULL, *value
	};
	char *map = NULL;
	long ret = 0;

	if (kind == ACCESS_LOAD || kind == ACCESS_STORE) {
		ret = vfio_try_map(&vmm.dev, cell->index, cell->offset / page * page, page,
				   PROT_READ | PROT_WRITE, MAP_SHARED, NULL, (void **)&map);
		access.map = map + cell->offset % page;
	}
	if (!ret)
		ret = access_run(&access);
	if (map)
		munmap(map, page);
	CHECK(ret || !(unready & 1) || unready != lane->target->unready,
	      "a %s succeeds although the memory is not ready", access_name(kind));
	*value = access.value;
	return ret;
}

static struct cell *choose(struct lane *lane)
{
	return &lane->cells[rng_below(&lane->rng, LANE_CELLS)];
}

long vmm_write_cell(struct lane *lane)
{
	enum access_kind kind = rng_chance(&lane->rng, 50) ? ACCESS_WRITE : ACCESS_STORE;
	struct cell *cell = choose(lane);
	long ret;

	cell->known = false;
	cell->value = rng_next(&lane->rng);
	ret = access_cell(lane, kind, cell, &cell->value);
	cell->known = !ret;
	return ret;
}

long vmm_check_cell(struct lane *lane)
{
	enum access_kind kind = rng_chance(&lane->rng, 50) ? ACCESS_READ : ACCESS_LOAD;
	const struct cell *cell = choose(lane);
	u64 value = 0;
	long ret = access_cell(lane, kind, cell, &value);

	CHECK(ret || !cell->known || value == cell->value,
	      "region %u at %#llx: a %s gives %#llx, %#llx was written", cell->index,
	      cell->offset, access_name(kind), value, cell->value);
	return ret;
}
