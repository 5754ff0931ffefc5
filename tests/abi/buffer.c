// SPDX-License-Identifier: GPL-2.0-only
/* D5.2, D5.3: user buffers that fault, device memory as buffer, long copies. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host.h"
#include "program.h"
#include "task.h"
#include "touch.h"
#include "vfio.h"

#define CHUNK (2 * MIB)
#define LONG_COPY (GIB + GIB / 2)

static struct vfio dev;

/* Two pages: the first is good, behind it lies nothing. */
static char *half_bad(int prot)
{
	size_t page = host_page_size();
	char *space = vfio_reserve(2 * page, page, 0);

	CHECK(!mprotect(space, page, prot), "mprotect: %s", strerror(errno));
	return space;
}

static void check_bad(unsigned int index, u64 offset, char *buffer,
		      size_t count, bool write_too)
{
	CHECK_RET(vfio_read(&dev, index, offset, buffer, count), -EFAULT);
	if (write_too)
		CHECK_RET(vfio_write(&dev, index, offset, buffer, count),
			  -EFAULT);
}

static void bad_buffers(void)
{
	size_t page = host_page_size();
	char *good_then_bad, *bad;
	const unsigned int *index;

	vfio_open(&dev, &gpu);
	good_then_bad = half_bad(PROT_READ | PROT_WRITE);
	bad = good_then_bad + page;
	for (index = program_regions(); *index; index++) {
		const struct gpu_memory *memory = gpu_memory(&gpu, *index);
		u64 filler = memory->bar - memory->length;
		u64 end = memory->length;

		check_bad(*index, 0, bad, 8, true);
		check_bad(*index, 3, bad, 100000, true);
		check_bad(*index, 0, bad - 4, 8, true);
		check_bad(*index, 0, good_then_bad, 2 * page, true);
		if (!filler)
			continue;
		check_bad(*index, end - page, good_then_bad, 2 * page, false);
		check_bad(*index, end, bad, 8, false);
		check_bad(*index, end, good_then_bad, 2 * page, false);
		check_bad(*index, end - 8, bad - 4, 16, true);
	}
}

static void read_only_buffer(void)
{
	const unsigned int *index;
	char *buffer;

	vfio_open(&dev, &gpu);
	buffer = half_bad(PROT_READ);
	for (index = program_regions(); *index; index++) {
		CHECK_RET(vfio_read(&dev, *index, 0, buffer, 8), -EFAULT);
		CHECK_RET(vfio_write(&dev, *index, 0, buffer, 8), 8);
	}
}

/* The file position, which VFIO files let nobody set. */
static long file_at(void)
{
	char path[64], text[512], *at;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", dev.device);
	CHECK_RET(host_read(path, text, sizeof(text)), 0);
	at = strstr(text, "pos:");
	CHECK(at, "no position in %s", path);
	return atol(at + 4);
}

static void file_position(void)
{
	char *buffer;

	vfio_open(&dev, &gpu);
	buffer = half_bad(PROT_READ | PROT_WRITE);
	CHECK_EQ(file_at(), 0);
	CHECK_RET(vfio_read(&dev, USEMEM, 64, buffer, 32), 32);
	CHECK_RET(vfio_write(&dev, USEMEM, 64, buffer, 32), 32);
	CHECK_EQ(file_at(), 0);
	CHECK_RET(tap_sys(read(dev.device, buffer, 12)), 12);
	CHECK_EQ(file_at(), 12);
	CHECK_RET(tap_sys(read(dev.device, buffer + host_page_size(), 4)),
		  -EFAULT);
	CHECK_EQ(file_at(), 12);
}

/* The user's buffer is GPU memory itself, not touched before. */
static void device_buffer(void)
{
	unsigned char *from, *to;
	const unsigned int *index;
	u64 far = 64 * MIB;

	vfio_open(&dev, &gpu);
	for (index = program_regions(); *index; index++) {
		from = vfio_map(&dev, *index, 0, CHUNK);
		memset(from, 0x21, CHUNK);
		to = vfio_map(&dev, *index, far, CHUNK);
		CHECK_RET(vfio_read(&dev, *index, 0, to, CHUNK), CHUNK);
		CHECK(!memcmp(from, to, CHUNK), "read into GPU memory");
		munmap(to, CHUNK);
		munmap(from, CHUNK);

		from = vfio_map(&dev, *index, 0, CHUNK);
		CHECK_RET(vfio_write(&dev, *index, far + 1, from, CHUNK - 1),
			  CHUNK - 1);
		to = vfio_map(&dev, *index, far, CHUNK);
		CHECK(!memcmp(from, to, CHUNK), "write from GPU memory");
		munmap(to, CHUNK);
		munmap(from, CHUNK);
	}
}

/* A large buffer that is the same chunk of memory all over. */
static void *endless_buffer(void)
{
	int memory = memfd_create("chunk", MFD_CLOEXEC);
	char *space = vfio_reserve(LONG_COPY, CHUNK, 0);
	u64 at;

	CHECK(!ftruncate(memory, CHUNK), "ftruncate: %s", strerror(errno));
	for (at = 0; at < LONG_COPY; at += CHUNK)
		CHECK(mmap(space + at, CHUNK, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_FIXED, memory, 0) != MAP_FAILED,
		      "mmap: %s", strerror(errno));
	return space;
}

static long copy_long(void *buffer)
{
	return vfio_read(&dev, USEMEM, 0, buffer, LONG_COPY);
}

/* Reads the same gigabyte over and over, until killed. */
static pid_t start_copying(void *buffer)
{
	pid_t pid = fork();

	CHECK(pid >= 0, "fork: %s", strerror(errno));
	while (!pid)
		copy_long(buffer);
	return pid;
}

static void long_copy(void)
{
	void *buffer;
	long start, whole, death;
	pid_t pid;

	vfio_open(&dev, &gpu);
	buffer = endless_buffer();
	start = task_now_ms();
	CHECK_RET(copy_long(buffer), LONG_COPY);
	whole = task_now_ms() - start;

	pid = start_copying(buffer);
	task_sleep_ms(whole / 10);
	start = task_now_ms();
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	death = task_now_ms() - start;
	tap_note("a copy of %ld ms died after %ld ms", whole, death);
	CHECK(death < whole / 3, "killed, it copied on for %ld of %ld ms",
	      death, whole);
}

static const struct tap_test tests[] = {
	{ "D5.2 buffers that fault, wholly or half way: EFAULT", bad_buffers },
	{ "D5.2 a read into read-only memory: EFAULT", read_only_buffer },
	{ "D5.2 only a read() that succeeds moves the file position",
	  file_position },
	{ "D5.2 GPU memory as the buffer of its own read and write",
	  device_buffer },
	{ "D5.3 a process killed in a long read dies at once", long_copy, 180 },
};

int main(int argc, char **argv)
{
	return program_run(argc, argv, tests, TAP_COUNT(tests));
}
