// SPDX-License-Identifier: GPL-2.0-only
/* D1.2: firmware properties that make no sense, a GPU with each. */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "host.h"
#include "kmsg.h"
#include "tap.h"

#define BASE_PROPERTY "nvidia,gpu-mem-base-pa"
#define SIZE_PROPERTY "nvidia,gpu-mem-size"
#define REGION_MAX TIB
/* Where the emulator has the host's own memory. */
#define RAM_BASE GIB

/**
 * struct refusal - what must become of a GPU
 * @error: probe's errno
 * @property: what is named in the message
 * @value: its value, in the message too; 0 if there is none to tell
 * @why: words in the message, or NULL
 */
struct refusal {
	int error;
	const char *property;
	u64 value;
	const char *why;
};

static bool property_is(const struct gpu *gpu, const char *which)
{
	return !strcmp(gpu->properties, which);
}

/* One property absent, or not a single integer. */
static struct refusal refuse_shape(const struct gpu *gpu)
{
	bool size_is_bad = property_is(gpu, "base-only") ||
			   property_is(gpu, "string") ||
			   property_is(gpu, "package");

	return (struct refusal){
		.error = -EINVAL,
		.property = size_is_bad ? SIZE_PROPERTY : BASE_PROPERTY,
	};
}

static struct refusal refuse_value(const struct gpu *gpu)
{
	u64 page = host_page_size();

	if (gpu->base == RAM_BASE)
		return (struct refusal){ -EBUSY, "System RAM", gpu->base };
	if (!gpu->size)
		return (struct refusal){ -ENOMEM, SIZE_PROPERTY, 0,
					 "C2C link" };
	if (gpu->base % page)
		return (struct refusal){ -EINVAL, BASE_PROPERTY, gpu->base };
	if (gpu->size % page)
		return (struct refusal){ -EINVAL, SIZE_PROPERTY, gpu->size };
	if (gpu->base + gpu->size < gpu->base)
		return (struct refusal){ -EOVERFLOW, SIZE_PROPERTY,
					 gpu->size };
	if (gpu->base + gpu->size > 1ULL << 52)
		return (struct refusal){ -EOVERFLOW, BASE_PROPERTY,
					 gpu->base };
	if (gpu->size > REGION_MAX)
		return (struct refusal){ -EOVERFLOW, SIZE_PROPERTY,
					 gpu->size };
	CHECK(gpu->erratum && gpu->size < GIB + 512 * MIB,
	      "there is nothing wrong with the GPU in slot %u", gpu->slot);
	return (struct refusal){ -EINVAL, SIZE_PROPERTY, gpu->size };
}

static void check_message(const char *text, const struct refusal *want)
{
	char value[32];

	CHECK(strstr(text, want->property), "the message does not name %s: %s",
	      want->property, text);
	snprintf(value, sizeof(value), "%#llx", want->value);
	CHECK(!want->value || strstr(text, value),
	      "the message does not tell %s: %s", value, text);
	CHECK(!want->why || strstr(text, want->why),
	      "the message does not speak of the %s: %s", want->why, text);
}

static void check_gpu(unsigned int slot)
{
	struct gpu gpu = gpu_get(slot);
	struct refusal want = property_is(&gpu, "both") ? refuse_value(&gpu) :
							  refuse_shape(&gpu);
	char text[4096], driver[NAME_MAX + 1];
	int log = kmsg_open();
	unsigned int count;
	int ret;

	ret = host_bind(gpu.bdf, DRIVER);
	count = kmsg_read(log, KMSG_ERR, gpu.bdf, text, sizeof(text));
	tap_note("slot %u: %s", slot, text);
	CHECK(ret == want.error, "slot %u: probe gave %s, expected %s", slot,
	      strerrorname_np(-ret), strerrorname_np(-want.error));
	CHECK(count == 1, "%u error messages", count);
	check_message(text, &want);
	host_driver(gpu.bdf, driver, sizeof(driver));
	CHECK(!driver[0], "slot %u is bound to %s", slot, driver);
	CHECK(!host_pci_has(gpu.bdf, "nvgrace_gpu"),
	      "slot %u has attributes left", slot);
	CHECK(!host_pci_has(gpu.bdf, "vfio-dev"),
	      "slot %u has a VFIO device left", slot);
}

static void refused(void)
{
	unsigned int slot;

	for (slot = 1; slot <= gpu_count(); slot++)
		check_gpu(slot);
}

/* Nothing is left claimed: another driver can have the GPU. */
static void free_for_others(void)
{
	unsigned int slot;

	for (slot = 1; slot <= gpu_count(); slot++) {
		struct gpu gpu = gpu_get(slot);

		CHECK(host_bind(gpu.bdf, DRIVER), "slot %u was bound", slot);
		CHECK_RET(host_unbind(gpu.bdf), 0);
		CHECK_RET(host_bind(gpu.bdf, CORE_DRIVER), 0);
		CHECK_RET(host_unbind(gpu.bdf), 0);
	}
}

static const struct tap_test tests[] = {
	{ "D1.2 each malformed GPU is refused, with one message that says why",
	  refused },
	{ "D1.2 a refused GPU is left free for another driver",
	  free_for_others },
};

int main(void)
{
	const struct tap_suite suite = {
		.tests = tests,
		.count = TAP_COUNT(tests),
	};

	return tap_run(&suite);
}
