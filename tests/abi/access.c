// SPDX-License-Identifier: GPL-2.0-only
/* Read, write, load and store behind one call. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "access.h"
#include "host.h"
#include "tap.h"
#include "touch.h"

const char *access_name(enum access_kind kind)
{
	static const char * const names[] = {
		[ACCESS_READ] = "read()",
		[ACCESS_WRITE] = "write()",
		[ACCESS_LOAD] = "load",
		[ACCESS_STORE] = "store",
	};

	return names[kind];
}

/* A count of 8 is success; any other must not happen. */
static long whole(ssize_t ret)
{
	if (ret >= 0 && ret != 8)
		return -EBADE;
	return ret < 0 ? ret : 0;
}

long access_run(void *arg)
{
	struct access *access = arg;

	switch (access->kind) {
	case ACCESS_READ:
		return whole(vfio_read(access->dev, access->index,
				       access->offset, &access->value, 8));
	case ACCESS_WRITE:
		return whole(vfio_write(access->dev, access->index,
					access->offset, &access->value, 8));
	case ACCESS_LOAD:
		return touch_load(access->map, &access->value);
	default:
		return touch_store(access->map, access->value);
	}
}

long access_refused(enum access_kind kind)
{
	return kind == ACCESS_READ || kind == ACCESS_WRITE ? -EIO : -EFAULT;
}

void access_prepare(struct access *accesses, const struct vfio *dev,
		    unsigned int index, u64 offset)
{
	enum access_kind kind;

	for (kind = 0; kind < ACCESS_KINDS; kind++) {
		accesses[kind] = (struct access){
			.dev = dev,
			.kind = kind,
			.index = index,
			.offset = offset,
		};
		if (kind == ACCESS_LOAD || kind == ACCESS_STORE)
			accesses[kind].map = vfio_map(dev, index, offset,
						      host_page_size());
	}
}

void access_check(struct access *access)
{
	long ret = access_run(access);

	CHECK(!ret, "%s of region %u at %#llx: %s", access_name(access->kind),
	      access->index, access->offset,
	      ret == -EFAULT ? "SIGBUS" : strerror(-ret));
}

void access_check_all(struct access *accesses)
{
	enum access_kind kind;

	for (kind = 0; kind < ACCESS_KINDS; kind++)
		access_check(&accesses[kind]);
}

void access_unmap(struct access *accesses)
{
	munmap(accesses[ACCESS_LOAD].map, host_page_size());
	munmap(accesses[ACCESS_STORE].map, host_page_size());
}
