/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bind and unbind: GPUs move from one driver to another, all of them or none.
 */
#ifndef MOVE_H
#define MOVE_H

#include "host/gpu.h"
#include "host/users.h"

/**
 * struct move_request - what somebody wants
 * @gpus: the GPUs
 * @to: the driver that is to have them; NULL: none
 * @keep: driver_override stays, so that they have that driver after a reset of the bus, too
 * @all: those are all there are, not named one by one: leave out what somebody has chosen
 *	otherwise, and take away only from drivers for guests
 * @force: also against a driver_override that somebody has set
 * @persist: at every boot, too
 * @dry: only say what would be done
 */
struct move_request {
	const struct gpus *gpus;
	const char *to;
	bool keep;
	bool all;
	bool force;
	bool persist;
	bool dry;
};

/* Says on stdout what it did, on stderr what it does not do and why; 0 or 1. */
int move(const struct move_request *request);

enum move_verdict {
	MOVE_ALLOWED,
	MOVE_LEFT_OUT,
	MOVE_REFUSED,
};

/* Whether a GPU may be moved while these have it open; if not, says why. */
enum move_verdict move_judge(const struct move_request *request, const struct gpu *gpu,
			     const struct users *users);

/* It has the driver that it is to have; driver_override may be another. */
bool move_is_done(const struct move_request *request, const struct gpu *gpu);

#endif /* MOVE_H */
