// SPDX-License-Identifier: GPL-2.0-only
/* System calls on the device: open and close, read and write of its regions. */
#include <string.h>

#include "host.h"
#include "measure.h"

#define CONFIG_ROUNDS 1000

/* What takes little is measured so often, and the shortest time counts. */
#define PASSES 3

/* Made known to the summary by metrics.list. */
#define COPY_LENGTH (32 * MIB)

#define CHUNK MIB

typedef ssize_t (*copy_call)(unsigned int index, u64 offset, void *buffer,
			     size_t count);

static alignas(4096) char buffer[CHUNK];

static ssize_t copy_read(unsigned int index, u64 offset, void *to, size_t count)
{
	return vfio_read(&dev, index, offset, to, count);
}

static ssize_t copy_write(unsigned int index, u64 offset, void *from,
			  size_t count)
{
	return vfio_write(&dev, index, offset, from, count);
}

/* The time it takes. */
static u64 copy(copy_call call, unsigned int index, u64 offset)
{
	u64 start = sample_now(), at;

	for (at = 0; at < COPY_LENGTH; at += CHUNK)
		CHECK_RET(call(index, offset + at, buffer, CHUNK),
			  (long)CHUNK);
	return sample_now() - start;
}

static void measure_copy(const char *metric, copy_call call, unsigned int index,
			 u64 offset)
{
	u64 best = ~0ULL, took;
	unsigned int pass;

	for (pass = 0; pass < PASSES; pass++) {
		took = copy(call, index, offset);
		if (took < best)
			best = took;
	}
	sample_put(metric, best);
}

void measure_copies(void)
{
	u64 end = gpu.usemem.length;

	memset(buffer, 0x5a, sizeof(buffer));
	/* Once before: memory of the emulator, mappings of the driver. */
	copy(copy_write, USEMEM, 0);
	copy(copy_write, RESMEM, 0);
	measure_copy("read_usemem", copy_read, USEMEM, 0);
	measure_copy("write_usemem", copy_write, USEMEM, 0);
	measure_copy("read_resmem", copy_read, RESMEM, 0);
	measure_copy("write_resmem", copy_write, RESMEM, 0);
	measure_copy("read_past_end", copy_read, USEMEM, end);
	measure_copy("write_past_end", copy_write, USEMEM, end);
}

/* The time of many accesses, each of 4 bytes. */
static u64 access_register(unsigned int offset, bool write)
{
	u64 start = sample_now();
	unsigned int i;
	u32 value = 0;

	for (i = 0; i < CONFIG_ROUNDS; i++)
		CHECK_RET(write ? vfio_write(&dev, CONFIG, offset, &value, 4) :
			  vfio_read(&dev, CONFIG, offset, &value, 4), 4);
	return sample_now() - start;
}

static void measure_register(const char *metric, unsigned int offset, bool write)
{
	u64 best = ~0ULL, took;
	unsigned int pass;

	for (pass = 0; pass < PASSES; pass++) {
		took = access_register(offset, write);
		if (took < best)
			best = took;
	}
	sample_put(metric, (double)best / CONFIG_ROUNDS);
}

void measure_config(void)
{
	measure_register("read_emulated_bar", PCI_BASE_ADDRESS_4, false);
	measure_register("read_physical_bar", PCI_BASE_ADDRESS_0, false);
	measure_register("write_emulated_bar", PCI_BASE_ADDRESS_4, true);
	measure_register("write_physical_bar", PCI_BASE_ADDRESS_0, true);
}

void measure_open(void)
{
	u64 start = sample_now();

	vfio_open(&dev, &gpu);
	sample_since("open", start);
	start = sample_now();
	vfio_close(&dev);
	sample_since("close", start);
}
