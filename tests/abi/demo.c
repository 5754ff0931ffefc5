// SPDX-License-Identifier: GPL-2.0-only
/* A short tour of the device, for people: `make demo`. */
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "host.h"
#include "program.h"
#include "vfio.h"

#define GREETING "Hello from one side, Grace Hopper"

static struct vfio dev;

static unsigned int steps;

/* What went as it should, for people; TAP, for a scenario that runs this too. */
[[gnu::format(printf, 1, 2)]]
static void say(const char *format, ...)
{
	va_list args;

	printf("ok %u - ", ++steps);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
}

[[noreturn]]
static void fail(const char *what)
{
	printf("not ok %u - %s\n1..%u\n", steps + 1, what, steps + 1);
	exit(1);
}

static const char *size_text(u64 bytes)
{
	static char texts[4][32];
	static unsigned int next;
	char *text = texts[next++ % 4];

	if (bytes >= GIB)
		snprintf(text, sizeof(texts[0]), "%.4g GiB",
			 (double)bytes / GIB);
	else
		snprintf(text, sizeof(texts[0]), "%.4g MiB",
			 (double)bytes / MIB);
	return text;
}

static void show_region(unsigned int index, const char *name)
{
	const struct gpu_memory *memory = gpu_memory(&gpu, index);
	struct vfio_area area;

	vfio_area(&dev, index, &area);
	if (area.size != memory->bar || area.area_size != memory->length)
		fail("a region does not have the size that firmware tells");
	say("BAR%u %s: %s BAR, %s of memory to map", index, name,
	    size_text(area.size), size_text(area.area_size));
}

static void size_bar(unsigned int index)
{
	u64 ones = ~0ULL, got;
	unsigned int offset = PCI_BASE_ADDRESS_0 + 4 * index;

	if (vfio_write(&dev, CONFIG, offset, &ones, 8) != 8 ||
	    vfio_read(&dev, CONFIG, offset, &got, 8) != 8)
		fail("cannot access config space");
	if (-(got & ~0xfULL) != gpu_memory(&gpu, index)->bar)
		fail("the emulated BAR tells another size");
	say("BAR%u in config space: all ones written, %#018llx read: %s",
	    index, got, size_text(-(got & ~0xfULL)));
}

static void exchange(unsigned int index, const char *name)
{
	u64 far = gpu_memory(&gpu, index)->length - host_page_size();
	char text[sizeof(GREETING)] = "";
	char *map;

	map = vfio_map(&dev, index, far, host_page_size());
	memcpy(map, GREETING, sizeof(GREETING));
	if (vfio_read(&dev, index, far, text, sizeof(text)) != sizeof(text) ||
	    strcmp(text, GREETING))
		fail("read() does not give what was stored by mmap");
	memset(text, '-', sizeof(text) - 1);
	if (vfio_write(&dev, index, far, text, sizeof(text)) != sizeof(text) ||
	    strcmp(map, text))
		fail("the mapping does not show what write() stored");
	munmap(map, host_page_size());
	say("%s, last page: mmap store seen by read(), write() seen by mmap",
	    name);
}

int main(int argc, char **argv)
{
	char driver[NAME_MAX + 1];
	bool was_bound;
	int ret;

	gpu = gpu_get(argc > 1 ? atoi(argv[1]) : 1);
	host_driver(gpu.bdf, driver, sizeof(driver));
	was_bound = !strcmp(driver, DRIVER);
	ret = was_bound ? 0 : host_bind(gpu.bdf, DRIVER);
	if (ret)
		fail(strerror(-ret));
	host_driver(gpu.bdf, driver, sizeof(driver));
	say("GPU %s [10de:%04x] is bound to %s", gpu.bdf, gpu.id, driver);
	vfio_open(&dev, &gpu);
	say("opened through VFIO, group %d", host_group(gpu.bdf));
	if (gpu.resmem.length)
		show_region(RESMEM, "resmem (not cached)");
	show_region(USEMEM, "usemem (cached)");
	if (gpu.resmem.length)
		size_bar(RESMEM);
	size_bar(USEMEM);
	exchange(USEMEM, "usemem");
	if (gpu.resmem.length)
		exchange(RESMEM, "resmem");
	if (vfio_reset(&dev))
		fail("reset");
	exchange(USEMEM, "usemem after a reset");
	vfio_close(&dev);
	if (!was_bound && host_unbind(gpu.bdf))
		fail("unbind");
	say("closed%s: all as it should be", was_bound ? "" : " and unbound");
	printf("1..%u\n", steps);
	return 0;
}
