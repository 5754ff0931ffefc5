/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel's log says of a GPU.
 */
#ifndef GPU_LOG_H
#define GPU_LOG_H

#include "host/pci_device.h"

/* Kinds of errors. */
enum gpu_error {
	GPU_ERROR_RESET,
	GPU_ERROR_PCIE,
	GPU_ERROR_SMMU,
	GPU_ERROR_XID,
	GPU_ERRORS,
};

/**
 * struct gpu_log - errors of a GPU since the driver took it last, if the log tells when that was
 * @is_bound: it tells
 * @counts: how many there are of each kind
 * @last: the last one of each kind
 */
struct gpu_log {
	bool is_bound;
	size_t counts[GPU_ERRORS];
	char last[GPU_ERRORS][256];
};

void gpu_log_read(struct gpu_log *errors, const char *log, const struct pci_device *pci);

/* What the driver says when it takes a GPU: what was before is over. */
bool gpu_log_is_bind(const char *message);

/* What it says when it does not take a GPU yet, but will. */
bool gpu_log_is_wait(const char *message);

#endif /* GPU_LOG_H */
