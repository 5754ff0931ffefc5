// SPDX-License-Identifier: GPL-2.0-only
/* Copies to and from the device and its mappings, by all calls that copy. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tap.h"
#include "vmm.h"

#define COPY_MAX (2 * MIB)
#define VECTORS 4

/* A call on a region never does more than it was asked for, nor anything behind the BAR. */
static long check_count(struct lane *lane, const struct span *span, long ret)
{
	const struct gpu_memory *memory = gpu_memory(&lane->target->gpu, span->index);

	CHECK(ret <= (long)span->length, "%ld bytes of %lld", ret, span->length);
	/* the kernel may look at the buffer first */
	if (memory && span->length && span->offset >= memory->bar)
		CHECK(ret == -EINVAL || ret == -EFAULT, "%ld at %#llx", ret, span->offset);
	else if (memory && ret > 0)
		CHECK(span->offset + ret <= memory->bar, "%ld bytes at %#llx of %#llx", ret,
		      span->offset, memory->bar);
	return ret;
}

long vmm_read(struct lane *lane)
{
	struct span span = arena_span(&lane->rng, &lane->target->gpu, COPY_MAX);

	return check_count(lane, &span,
			   vfio_read(&vmm.dev, span.index, span.offset,
				     arena_pointer(&lane->rng), span.length));
}

/* All regions, from all offsets. */
long vmm_read_anything(struct lane *lane)
{
	struct rng *rng = &lane->rng;
	struct span span = {
		rng_below(rng, CONFIG + 1), rng_size(rng, (1ULL << 40) - 1), rng_size(rng, COPY_MAX)
	};

	if (!gpu_memory(&lane->target->gpu, span.index))
		span.length = rng_size(rng, 4096);
	return check_count(lane, &span,
			   vfio_read(&vmm.dev, span.index, span.offset, arena_pointer(rng),
				     span.length));
}

long vmm_write(struct lane *lane)
{
	struct span span = arena_span(&lane->rng, &lane->target->gpu, COPY_MAX);

	return check_count(lane, &span,
			   vfio_write(&vmm.dev, span.index, span.offset,
				      arena_pointer(&lane->rng), span.length));
}

static void random_vectors(struct rng *rng, struct iovec *vectors, bool anywhere)
{
	int i;

	for (i = 0; i < VECTORS; i++) {
		vectors[i].iov_base = anywhere ? arena_pointer(rng) : arena_address(rng);
		vectors[i].iov_len = rng_size(rng, 256 * KIB);
	}
}

/* The kernel's position in the device file is that of the region, so ask for it. */
static u64 file_offset(const struct span *span)
{
	struct vfio_area area;

	vfio_area(&vmm.dev, span->index, &area);
	return area.offset + span->offset;
}

long vmm_vectors(struct lane *lane)
{
	struct span span = arena_span(&lane->rng, &lane->target->gpu, MIB);
	int i, count = rng_below(&lane->rng, VECTORS + 1);
	struct iovec vectors[VECTORS];
	u64 at = file_offset(&span);

	random_vectors(&lane->rng, vectors, true);
	/* together no longer than the span, behind which there may be cells */
	for (i = 0; i < count; i++) {
		if (vectors[i].iov_len > span.length)
			vectors[i].iov_len = span.length;
		span.length -= vectors[i].iov_len;
	}
	if (rng_chance(&lane->rng, 50))
		return tap_sys(preadv(vmm.dev.device, vectors, count, at));
	return tap_sys(pwritev(vmm.dev.device, vectors, count, at));
}

long vmm_copy_process(struct lane *lane)
{
	struct iovec here[VECTORS], there[VECTORS];

	random_vectors(&lane->rng, here, false);
	random_vectors(&lane->rng, there, true);
	if (rng_chance(&lane->rng, 50))
		return tap_sys(process_vm_readv(getpid(), here, VECTORS, there, VECTORS, 0));
	return tap_sys(process_vm_writev(getpid(), here, VECTORS, there, VECTORS, 0));
}

long vmm_copy_file(struct lane *lane)
{
	size_t length = rng_size(&lane->rng, COPY_MAX);
	off_t at = rng_size(&lane->rng, COPY_MAX);
	char *buffer = arena_address(&lane->rng);

	if (rng_chance(&lane->rng, 50))
		return tap_sys(pread(vmm.file, buffer, length, at));
	return tap_sys(pwrite(vmm.file, buffer, length, at));
}

/* The pipe is emptied and filled in turn by all that use it; none waits. */
long vmm_splice(struct lane *lane)
{
	struct span span = arena_span(&lane->rng, &lane->target->gpu, MIB);
	struct iovec vector = { arena_pointer(&lane->rng), span.length };
	loff_t at = file_offset(&span);
	bool gift = rng_chance(&lane->rng, 50);

	switch (rng_below(&lane->rng, 5)) {
	case 0:
		return tap_sys(splice(vmm.dev.device, &at, vmm.pipe[1], NULL, span.length,
				      SPLICE_F_NONBLOCK));
	case 1:
		return tap_sys(sendfile(vmm.pipe[1], vmm.dev.device, &at, span.length));
	case 2:
		return tap_sys(vmsplice(vmm.pipe[1], &vector, 1,
					SPLICE_F_NONBLOCK | (gift ? SPLICE_F_GIFT : 0)));
	case 3:
		return tap_sys(vmsplice(vmm.pipe[0], &vector, 1, SPLICE_F_NONBLOCK));
	default:
		return tap_sys(read(vmm.pipe[0], arena_pointer(&lane->rng), 64 * KIB));
	}
}
