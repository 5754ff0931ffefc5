// SPDX-License-Identifier: GPL-2.0-only
/* Reads the scenario and computes the memory layout the driver must offer. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gpu.h"
#include "tap.h"

#define RESMEM_MIN GIB
#define USEMEM_ALIGN (512 * MIB)

static u64 parse_size(const char *text)
{
	static const char units[] = "KMGT";
	const char *unit;
	char *end;
	u64 value;

	errno = 0;
	value = strtoull(text, &end, 0);
	CHECK(!errno && end != text, "scenario: %s is not a number", text);
	unit = *end ? strchr(units, *end) : NULL;
	if (unit) {
		value <<= 10 * (unit - units + 1);
		end++;
	}
	CHECK(!*end, "scenario: %s is not a size", text);
	return value;
}

static long parse_ms(const char *text)
{
	return strcmp(text, "never") ? atol(text) : -1;
}

static void parse_key(struct gpu *gpu, const char *key, const char *value)
{
	if (!strcmp(key, "base"))
		gpu->base = parse_size(value);
	else if (!strcmp(key, "size"))
		gpu->size = parse_size(value);
	else if (!strcmp(key, "id"))
		gpu->id = strtoul(value, NULL, 0);
	else if (!strcmp(key, "erratum"))
		gpu->erratum = !strcmp(value, "yes");
	else if (!strcmp(key, "ready"))
		gpu->cxl = !strcmp(value, "cxl");
	else if (!strcmp(key, "acpi_reset"))
		gpu->failing_reset = !strcmp(value, "fail");
	else if (!strcmp(key, "properties"))
		snprintf(gpu->properties, sizeof(gpu->properties), "%s", value);
	else if (!strcmp(key, "link_ms"))
		gpu->link_ms = parse_ms(value);
	else if (!strcmp(key, "train_ms"))
		gpu->train_ms = parse_ms(value);
}

static u64 bar_size(u64 length)
{
	u64 size = 1;

	while (size < length)
		size <<= 1;
	return length ? size : 0;
}

static void compute_layout(struct gpu *gpu)
{
	u64 usemem = gpu->size;

	if (!gpu_has_memory(gpu))
		return;
	if (gpu->erratum && gpu->size > RESMEM_MIN)
		usemem = (gpu->size - RESMEM_MIN) / USEMEM_ALIGN * USEMEM_ALIGN;
	gpu->usemem.base = gpu->base;
	gpu->usemem.length = usemem;
	gpu->usemem.bar = bar_size(usemem);
	if (usemem == gpu->size)
		return;
	gpu->resmem.base = gpu->base + usemem;
	gpu->resmem.length = gpu->size - usemem;
	gpu->resmem.bar = bar_size(gpu->size - usemem);
}

static void parse_gpu(struct gpu *gpu, char *line)
{
	char *save, *word, *equals;

	for (word = strtok_r(line, " \t\n", &save); word;
	     word = strtok_r(NULL, " \t\n", &save)) {
		equals = strchr(word, '=');
		if (!equals)
			continue;
		*equals = '\0';
		parse_key(gpu, word, equals + 1);
	}
	compute_layout(gpu);
}

/* The GPU in the slot if there is one; returns the number of GPUs. */
static unsigned int scan(unsigned int slot, struct gpu *gpu)
{
	FILE *file = fopen(SCENARIO_FILE, "r");
	unsigned int count = 0;
	char line[512];

	CHECK(file, "%s: %s", SCENARIO_FILE, strerror(errno));
	while (fgets(line, sizeof(line), file)) {
		if (strncmp(line, "gpu", 3) || !strchr(" \t", line[3]))
			continue;
		if (++count == slot)
			parse_gpu(gpu, line + 3);
	}
	fclose(file);
	return count;
}

unsigned int gpu_count(void)
{
	return scan(0, NULL);
}

struct gpu gpu_get(unsigned int slot)
{
	struct gpu gpu = {
		.slot = slot,
		.id = 0x2342,
		.properties = "both",
		.erratum = true,
	};
	unsigned int count;

	snprintf(gpu.bdf, sizeof(gpu.bdf), "0000:%02x:00.0", slot);
	count = scan(slot, &gpu);
	CHECK(slot && slot <= count, "the scenario has %u GPUs, not %u", count,
	      slot);
	return gpu;
}

struct gpu gpu_from_args(int argc, char **argv)
{
	struct gpu gpu = gpu_get(argc > 1 ? atoi(argv[1]) : 1);

	tap_note("GPU %s id 0x%04x properties %s base %#llx size %#llx %s, ready by %s",
		 gpu.bdf, gpu.id, gpu.properties, gpu.base,
		 gpu.size,
		 gpu.erratum ? "with the erratum" : "fixed",
		 gpu.cxl ? "CXL DVSEC" : "BAR0");
	return gpu;
}

const struct gpu_memory *gpu_memory(const struct gpu *gpu, unsigned int index)
{
	const struct gpu_memory *memory = NULL;

	if (index == RESMEM)
		memory = &gpu->resmem;
	else if (index == USEMEM)
		memory = &gpu->usemem;
	return memory && memory->length ? memory : NULL;
}

bool gpu_has_memory(const struct gpu *gpu)
{
	return !strcmp(gpu->properties, "both");
}
