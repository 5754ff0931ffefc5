/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the scenario says about each GPU of the virtual host, and what the
 * driver must make of it: computed here, from the specification, never asked
 * from the driver under test.
 */
#ifndef ABI_GPU_H
#define ABI_GPU_H

#include "types.h"

#define SCENARIO_FILE "/rig/scenario"

#define KIB 1024ULL
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
#define TIB (1024 * GIB)

/* Region indices of the two kinds of memory (PCI BAR2 and BAR4). */
#define RESMEM 2
#define USEMEM 4

/**
 * struct gpu_memory - one region of GPU memory as the user must see it
 * @base: physical address
 * @length: bytes of memory
 * @bar: size of the emulated BAR, a power of two
 *
 * All zero when the GPU has no such region.
 */
struct gpu_memory {
	u64 base;
	u64 length;
	u64 bar;
};

/**
 * struct gpu - one GPU of the scenario
 * @slot: 1 for the first
 * @bdf: its PCI address
 * @id: PCI device id
 * @properties: the scenario's properties= (which firmware properties exist)
 * @base: nvidia,gpu-mem-base-pa
 * @size: nvidia,gpu-mem-size
 * @erratum: has the MIG erratum, hence resmem
 * @cxl: tells readiness by a CXL DVSEC and not by BAR0
 * @failing_reset: firmware offers a reset method ("acpi") that fails
 * @link_ms: from a reset to link up, in milliseconds; -1: never
 * @train_ms: from a reset to memory trained, likewise
 * @resmem: the not cached region
 * @usemem: the cached region
 */
struct gpu {
	unsigned int slot;
	char bdf[16];
	unsigned int id;
	char properties[32];
	u64 base;
	u64 size;
	bool erratum;
	bool cxl;
	bool failing_reset;
	long link_ms;
	long train_ms;
	struct gpu_memory resmem;
	struct gpu_memory usemem;
};

/* How many GPUs the scenario has. */
unsigned int gpu_count(void);

/* The GPU in a slot, from 1. */
struct gpu gpu_get(unsigned int slot);

/* The GPU named by the program's first argument (a slot; default the first). */
struct gpu gpu_from_args(int argc, char **argv);

/* The memory behind a region index, or NULL. */
const struct gpu_memory *gpu_memory(const struct gpu *gpu, unsigned int index);

/* Both firmware properties are there: the driver gives out the memory. */
bool gpu_has_memory(const struct gpu *gpu);

#endif
