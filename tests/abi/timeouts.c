// SPDX-License-Identifier: GPL-2.0-only
/*
 * D1.5, D2.4, D6.2, D6.5: what takes a minute, all at once: memory that never gets
 * ready, and a function that does not come back from a reset. Each test has a
 * GPU to itself; the two in slots 6 and 7 have a CXL DVSEC.
 */
#include <errno.h>
#include <string.h>

#include "access.h"
#include "host.h"
#include "kmsg.h"
#include "tap.h"
#include "vfio.h"

#define LIMIT_MS 30000
#define AT_ONCE_MS 10000
#define SLACK_MS 20000

static struct gpu gpu;
static struct vfio dev;
static struct access accesses[ACCESS_KINDS];

static void open_waiting(unsigned int slot)
{
	gpu = gpu_get(slot);
	CHECK_RET(host_bind(gpu.bdf, DRIVER), 0);
	host_gpu_never_ready(&gpu);
	vfio_open(&dev, &gpu);
	access_prepare(accesses, &dev, USEMEM, 0);
}

static void check_time(long ms, long at_least, long at_most, const char *what)
{
	CHECK(ms >= at_least && ms <= at_most,
	      "%s took %ld ms, expected %ld to %ld", what, ms, at_least,
	      at_most);
}

/* Probe fails after its time, and says what is missing and nothing else. */
static void check_probe(unsigned int slot, const char *file, const char *word,
			const char *other, long limit_ms)
{
	int log = kmsg_open();
	char text[4096];
	long start;

	gpu = gpu_get(slot);
	host_control_set(gpu.bdf, file, 0);
	start = task_now_ms();
	CHECK_RET(host_bind(gpu.bdf, DRIVER), -ETIME);
	check_time(task_now_ms() - start, limit_ms - 1000, limit_ms + SLACK_MS,
		   "probe");
	CHECK_EQ(kmsg_read(log, KMSG_ERR, gpu.bdf, text, sizeof(text)), 1);
	tap_note("%s", text);
	CHECK(strstr(text, word), "no word of '%s': %s", word, text);
	CHECK(!strstr(text, other), "'%s' is blamed too: %s", other, text);
	CHECK(!host_pci_has(gpu.bdf, "driver"), "it is bound");
	host_gpu_set_ready(&gpu, true);
	CHECK_RET(host_bind(gpu.bdf, DRIVER), 0);
}

static void probe_link(void)
{
	check_probe(1, "link", "link", "train", LIMIT_MS);
}

static void probe_training(void)
{
	check_probe(2, "training", "train", "link", LIMIT_MS);
}

static void check_refused_at_once(void)
{
	enum access_kind kind;
	long start;

	for (kind = 0; kind < ACCESS_KINDS; kind++) {
		start = task_now_ms();
		CHECK_RET(access_run(&accesses[kind]), access_refused(kind));
		check_time(task_now_ms() - start, 0, AT_ONCE_MS,
			   access_name(kind));
	}
}

static void access_times_out(void)
{
	struct task tasks[ACCESS_KINDS];
	long start = task_now_ms();
	enum access_kind kind;
	char text[4096];
	int log;

	open_waiting(3);
	log = kmsg_open();
	for (kind = 0; kind < ACCESS_KINDS; kind++)
		task_start(&tasks[kind], access_run, &accesses[kind]);
	for (kind = 0; kind < ACCESS_KINDS; kind++) {
		CHECK_RET(task_end(&tasks[kind]), access_refused(kind));
		check_time(task_now_ms() - start, LIMIT_MS - 1000,
			   LIMIT_MS + SLACK_MS, access_name(kind));
	}
	CHECK_EQ(kmsg_read(log, KMSG_ERR, gpu.bdf, text, sizeof(text)), 1);
	CHECK(strstr(text, "train"), "it says: %s", text);
	CHECK_RET(host_pci_read(gpu.bdf, "nvgrace_gpu/readiness", text,
				sizeof(text)), 0);
	CHECK(!strcmp(text, "timed-out"), "readiness is %s", text);
	check_refused_at_once();
	host_gpu_set_ready(&gpu, true);
	access_check_all(accesses);
}

/* A reset after 20 s gives the memory its 30 s anew. */
static void reset_restarts(void)
{
	struct task task;
	long start;

	open_waiting(4);
	task_start(&task, access_run, &accesses[ACCESS_READ]);
	CHECK(!task_ended(&task, LIMIT_MS * 2 / 3), "it did not wait");
	start = task_now_ms();
	CHECK_RET(vfio_reset(&dev), 0);
	CHECK_RET(task_end(&task), -EIO);
	check_time(task_now_ms() - start, LIMIT_MS - 1000,
		   LIMIT_MS + SLACK_MS, "the wait after the reset");
}

/* The function never answers again, until it is let. */
static void failed_reset(void)
{
	static const unsigned int bars[] = { USEMEM, RESMEM };
	u64 ones = ~0ULL, got;
	unsigned int i;
	int ret;

	open_waiting(5);
	CHECK_RET(host_pci_write(gpu.bdf, "reset_method", "flr"), 0);
	for (i = 0; i < TAP_COUNT(bars); i++)
		CHECK_RET(vfio_write(&dev, CONFIG, PCI_BASE_ADDRESS_0 +
				     4 * bars[i], &ones, 8), 8);
	host_control_set(gpu.bdf, "reset_fails", 1);
	ret = vfio_reset(&dev);
	CHECK(ret < 0, "the reset gave %d", ret);
	host_control_set(gpu.bdf, "reset_fails", 0);
	CHECK_RET(vfio_read(&dev, VFIO_PCI_BAR0_REGION_INDEX, 0, &got, 8), -EIO);
	for (i = 0; i < TAP_COUNT(bars); i++) {
		u64 size = gpu_memory(&gpu, bars[i])->bar;

		CHECK_RET(vfio_read(&dev, CONFIG, PCI_BASE_ADDRESS_0 +
				    4 * bars[i], &got, 8), 8);
		CHECK_EQ(got, ~(size - 1) | 0xc);
	}

	/* What the PCI core restored after the reset was lost: decode is off. */
	vfio_set_decode(&dev, true);
	CHECK_RET(vfio_reset(&dev), 0);
	host_gpu_set_ready(&gpu, true);
	access_check(&accesses[ACCESS_READ]);
	CHECK_RET(vfio_read(&dev, CONFIG, PCI_BASE_ADDRESS_4, &got, 8), 8);
	CHECK_EQ(got, 0xc);
}

/* Times of CXL: 1 s for MEM_INFO_VALID, here 1 s more for MEM_ACTIVE. */
static void probe_cxl(void)
{
	check_probe(6, "mem_info_valid", "MEM_INFO_VALID", "MEM_ACTIVE", 1000);
	CHECK_RET(host_unbind(gpu.bdf), 0);
	check_probe(6, "mem_active", "MEM_ACTIVE", "MEM_INFO_VALID", 1000);
}

/* All ones in the DVSEC: the device is gone, and nobody waits for it. */
static void device_gone(void)
{
	struct task tasks[ACCESS_KINDS];
	enum access_kind kind;

	open_waiting(7);
	for (kind = 0; kind < ACCESS_KINDS; kind++) {
		task_start(&tasks[kind], access_run, &accesses[kind]);
		CHECK(!task_ended(&tasks[kind], 300), "a %s did not wait",
		      access_name(kind));
	}
	host_control_set(gpu.bdf, "gone", 1);
	for (kind = 0; kind < ACCESS_KINDS; kind++) {
		CHECK(task_ended(&tasks[kind], SLACK_MS),
		      "a %s waits for a device that is gone",
		      access_name(kind));
		CHECK_RET(task_end(&tasks[kind]), access_refused(kind));
	}
	host_control_set(gpu.bdf, "gone", 0);
	host_gpu_set_ready(&gpu, true);
	access_check_all(accesses);
}

/* Asleep for longer than a time-out, the memory has all of it when it wakes up. */
static void low_power(void)
{
	enum access_kind kind;
	struct task task;

	gpu = gpu_get(8);
	CHECK_RET(host_bind(gpu.bdf, DRIVER), 0);
	vfio_open(&dev, &gpu);
	access_prepare(accesses, &dev, USEMEM, 0);
	for (kind = ACCESS_READ; kind <= ACCESS_LOAD; kind += 2) {
		CHECK_RET(vfio_feature(&dev, VFIO_DEVICE_FEATURE_SET |
				       VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY), 0);
		task_sleep_ms(LIMIT_MS + 1000);
		host_gpu_set_ready(&gpu, false);
		/* A read wakes it up, a mapping is not used before it is awake. */
		if (kind == ACCESS_LOAD)
			CHECK_RET(vfio_feature(&dev, VFIO_DEVICE_FEATURE_SET |
					       VFIO_DEVICE_FEATURE_LOW_POWER_EXIT), 0);
		task_start(&task, access_run, &accesses[kind]);
		CHECK(!task_ended(&task, 1000), "a %s did not wait",
		      access_name(kind));
		host_gpu_set_ready(&gpu, true);
		CHECK_RET(task_end(&task), 0);
		if (kind == ACCESS_READ)
			CHECK_RET(vfio_feature(&dev, VFIO_DEVICE_FEATURE_SET |
					       VFIO_DEVICE_FEATURE_LOW_POWER_EXIT), 0);
	}
}

static void restore(void)
{
	unsigned int slot;

	for (slot = 1; slot <= gpu_count(); slot++) {
		struct gpu each = gpu_get(slot);

		host_gpu_restore(&each);
		CHECK_RET(host_unbind(each.bdf), 0);
	}
}

static const struct tap_test tests[] = {
	{ "D1.5 link never up: ETIME after 30 s, the link is blamed",
	  probe_link, 120 },
	{ "D1.5 never trained: ETIME after 30 s, training is blamed",
	  probe_training, 120 },
	{ "D6.2 each access times out, is refused at once, then recovers",
	  access_times_out, 120 },
	{ "D6.2 a reset during a wait restarts its 30 s", reset_restarts,
	  120 },
	{ "D2.4 a reset that fails leaves the BARs as they are", failed_reset,
	  180 },
	{ "D1.5 CXL: ETIME after its own times, the right bit is blamed",
	  probe_cxl, 120 },
	{ "D6.2 CXL: an access to a device that is gone ends at once",
	  device_gone,
	  120 },
	{ "D6.5 after more than 30 s in low power the memory has its 30 s",
	  low_power, 180 },
};

int main(void)
{
	const struct tap_suite suite = {
		.tests = tests,
		.count = TAP_COUNT(tests),
		.before = restore,
		.after = restore,
		.parallel = true,
	};

	return tap_run(&suite);
}
