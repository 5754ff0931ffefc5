/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bind and unbind: GPUs move from one driver to another, all of them or none.
 */
#ifndef MOVE_H
#define MOVE_H

#include "host/gpu.h"

/**
 * struct move_request - what somebody wants
 * @gpus: the GPUs
 * @to: the driver that is to have them; NULL: none
 * @keep: driver_override stays, so that they have that driver after a reset of the bus, too
 * @all: those are all there are, not named one by one: leave out what somebody has chosen otherwise
 * @force: also against a driver_override that somebody has set
 */
struct move_request {
	const struct gpus *gpus;
	const char *to;
	bool keep;
	bool all;
	bool force;
};

/* Says on stdout what it did, on stderr what it does not do and why; 0 or 1. */
int move(const struct move_request *request);

/* Whether a GPU may be moved; if not, says why. */
bool move_is_allowed(const struct move_request *request, const struct gpu *gpu);

#endif /* MOVE_H */
