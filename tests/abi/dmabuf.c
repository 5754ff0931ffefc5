// SPDX-License-Identifier: GPL-2.0-only
/* D7: dma-bufs of the memory, as a peer device gets them. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "bar0.h"
#include "host.h"
#include "program.h"
#include "vfio.h"

/* The peer: tests/rig/gpu/importer.c. */
#define IMPORT_FILE "/sys/kernel/debug/virtual_gpu/import"

#define PIECES_MAX 64

static struct vfio dev;
static int importer;

static int importer_tell(const char *text)
{
	int ret = tap_sys(write(importer, text, strlen(text)));

	return ret < 0 ? ret : 0;
}

static int import(int fd)
{
	char text[32];

	importer = open(IMPORT_FILE, O_RDWR | O_CLOEXEC);
	CHECK(importer >= 0, "%s: %s", IMPORT_FILE, strerror(errno));
	snprintf(text, sizeof(text), "%s %d", gpu.bdf, fd);
	return importer_tell(text);
}

/*
 * What the peer has: pieces of the memory, those that follow each other as one.
 * Returns their number.
 */
static unsigned int imported(struct vfio_range *pieces)
{
	unsigned int count = 0;
	u64 address, length;
	char text[4096];
	char *at = text;
	ssize_t got;
	int used;

	got = pread(importer, text, sizeof(text) - 1, 0);
	CHECK(got >= 0, "%s: %s", IMPORT_FILE, strerror(errno));
	text[got] = '\0';
	for (; sscanf(at, "%llx %llx\n%n", &address, &length, &used) == 2;
	     at += used) {
		struct vfio_range *last = &pieces[count - 1];

		if (count && last->offset + last->length == address) {
			last->length += length;
			continue;
		}
		CHECK(count < PIECES_MAX, "more than %u pieces", count);
		pieces[count++] = (struct vfio_range){ address, length };
	}
	CHECK(!*at, "%s tells %s", IMPORT_FILE, text);
	return count;
}

static void check_imported(const struct gpu_memory *memory,
			   const struct vfio_range *ranges, unsigned int count)
{
	struct vfio_range pieces[PIECES_MAX];
	unsigned int i;

	CHECK_EQ(imported(pieces), count);
	for (i = 0; i < count; i++) {
		CHECK_EQ(pieces[i].offset, memory->base + ranges[i].offset);
		CHECK_EQ(pieces[i].length, ranges[i].length);
	}
}

static void check_taken_away(void)
{
	struct vfio_range pieces[PIECES_MAX];

	CHECK_EQ(imported(pieces), 0);
}

static int export_range(unsigned int index, u64 offset, u64 length)
{
	const struct vfio_range range = { offset, length };

	return vfio_export(&dev, index, &range, 1);
}

static int export_well(unsigned int index, const struct vfio_range *ranges,
		       unsigned int count)
{
	int fd = vfio_export(&dev, index, ranges, count);

	CHECK(fd >= 0, "region %u is not exported: %s", index, strerror(-fd));
	return fd;
}

static void whole(void)
{
	const unsigned int *index;

	vfio_open(&dev, &gpu);
	for (index = program_regions(); *index; index++) {
		const struct gpu_memory *memory = gpu_memory(&gpu, *index);
		const struct vfio_range all = { 0, memory->length };
		int fd = export_well(*index, &all, 1);

		CHECK_EQ(lseek(fd, 0, SEEK_END), memory->length);
		CHECK_RET(import(fd), 0);
		check_imported(memory, &all, 1);
		close(importer);
		close(fd);
	}
}

static void pieces_in_order(void)
{
	const unsigned int *index;
	u64 page = host_page_size();

	vfio_open(&dev, &gpu);
	for (index = program_regions(); *index; index++) {
		const struct gpu_memory *memory = gpu_memory(&gpu, *index);
		const struct vfio_range pieces[] = {
			{ memory->length - page, page },
			{ 0, page },
			{ memory->length / 2 / page * page, 3 * page },
		};
		int fd = export_well(*index, pieces, TAP_COUNT(pieces));

		CHECK_RET(import(fd), 0);
		check_imported(memory, pieces, TAP_COUNT(pieces));
		close(importer);
		close(fd);
	}
}

static void not_beyond(void)
{
	const unsigned int *index;
	u64 page = host_page_size();

	vfio_open(&dev, &gpu);
	for (index = program_regions(); *index; index++) {
		const struct gpu_memory *memory = gpu_memory(&gpu, *index);
		u64 length = memory->length;

		CHECK_RET(export_range(*index, 0, length + page), -EINVAL);
		CHECK_RET(export_range(*index, length - page, 2 * page),
			  -EINVAL);
		CHECK_RET(export_range(*index, length, page), -EINVAL);
		CHECK_RET(export_range(*index, memory->bar, page), -EINVAL);
		CHECK_RET(export_range(*index, 0, 0), -EINVAL);
		CHECK_RET(export_range(*index, page / 2, page), -EINVAL);
		CHECK_RET(export_range(*index, -page, page), -EOVERFLOW);
		/* A good range does not hide a bad one. */
		CHECK_RET(vfio_export(&dev, *index, (struct vfio_range[]){
					{ 0, page }, { length, page },
				      }, 2), -EINVAL);
	}
}

/* The start of usemem, at a peer. */
static const struct vfio_range start = { 0, 256 * MIB };

static void import_start(void)
{
	vfio_open(&dev, &gpu);
	CHECK_RET(import(export_well(USEMEM, &start, 1)), 0);
	check_imported(&gpu.usemem, &start, 1);
}

static void over_a_reset(void)
{
	import_start();
	CHECK_RET(vfio_reset(&dev), 0);
	check_taken_away();
	CHECK_RET(importer_tell("map"), 0);
	check_imported(&gpu.usemem, &start, 1);
}

static void over_decode_off(void)
{
	import_start();
	vfio_set_decode(&dev, false);
	check_taken_away();
	CHECK_RET(importer_tell("map"), -ENODEV);
	vfio_set_decode(&dev, true);
	CHECK_RET(importer_tell("map"), 0);
	check_imported(&gpu.usemem, &start, 1);
}

static void over_close(void)
{
	import_start();
	vfio_close(&dev);
	check_taken_away();
	CHECK_RET(importer_tell("map"), -ENODEV);
	/* It belongs to the one who had the device open then. */
	vfio_open(&dev, &gpu);
	CHECK_RET(importer_tell("map"), -ENODEV);
}

static void over_unbind(void)
{
	import_start();
	vfio_close(&dev);
	CHECK_RET(host_unbind(gpu.bdf), 0);
	CHECK_RET(importer_tell("map"), -ENODEV);
}

/* The core's own. */
static void of_bar0(void)
{
	const struct vfio_range start = { 0, host_page_size() };
	struct vfio_range pieces[PIECES_MAX];
	char text[1024];
	u64 address, end;

	vfio_open(&dev, &gpu);
	CHECK_RET(import(export_well(BAR0, &start, 1)), 0);
	CHECK_RET(host_pci_read(gpu.bdf, "resource", text, sizeof(text)), 0);
	CHECK(sscanf(text, "%llx %llx", &address, &end) == 2, "resource says %s", text);
	CHECK_EQ(imported(pieces), 1);
	CHECK_EQ(pieces[0].offset, address);
	CHECK_EQ(pieces[0].length, start.length);
}

static const struct tap_test tests[] = {
	{ "D7 dma-buf: a peer gets all of a region, where it really is", whole },
	{ "D7 dma-buf: a peer gets BAR0, where it is", of_bar0 },
	{ "D7 dma-buf: pieces of a region, in the order asked for", pieces_in_order },
	{ "D7 dma-buf: nothing past the real length, nor half pages", not_beyond },
	{ "D7 dma-buf: a reset takes it away, then it can be had again", over_a_reset },
	{ "D7 dma-buf: taken away as long as decode is off", over_decode_off },
	{ "D7 dma-buf: closing the device takes it away for good", over_close },
	{ "D7 dma-buf: it outlives the driver, without the memory", over_unbind },
};

static void absent(void)
{
	const unsigned int *index;

	vfio_open(&dev, &gpu);
	for (index = program_regions(); *index; index++)
		CHECK_RET(export_range(*index, 0, host_page_size()), -ENOTTY);
}

static const struct tap_test tests_without[] = {
	{ "D7 dma-buf: ENOTTY on a kernel without", absent },
};

int main(int argc, char **argv)
{
	if (access(IMPORT_FILE, F_OK))
		return program_run(argc, argv, tests_without,
				   TAP_COUNT(tests_without));
	return program_run(argc, argv, tests, TAP_COUNT(tests));
}
