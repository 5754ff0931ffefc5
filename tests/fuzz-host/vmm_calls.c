// SPDX-License-Identifier: GPL-2.0-only
/* The ioctls of device, group and container, well formed and not. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "host.h"
#include "tap.h"
#include "vmm.h"

#define FEATURES 16
#define IOCTLS 24

/* What of an argument is random; the kernel may answer with more. */
#define ARGUMENT 256
#define ARGUMENT_MAX 4096

/* Sizes around those of VFIO's structures, and absurd ones. */
static u32 random_argsz(struct rng *rng)
{
	static const u32 sizes[] = { 0, 4, 8, 12, 16, 20, 24, 32, 40, 48, 64, 0xffffffff };

	return rng_chance(rng, 70) ? RNG_PICK(rng, sizes) : rng_size(rng, 0xffffffff);
}

static u32 random_flags(struct rng *rng)
{
	return rng_chance(rng, 70) ? rng_below(rng, 8) : 1u << rng_below(rng, 32);
}

/* Plausible at its beginning, small numbers behind that. */
static void random_argument(struct rng *rng, u32 *words)
{
	unsigned int i;

	memset(words, 0, ARGUMENT_MAX);
	words[0] = random_argsz(rng);
	words[1] = random_flags(rng);
	for (i = 2; i < ARGUMENT / 4; i++)
		words[i] = rng_chance(rng, 90) ? rng_below(rng, 10) : rng_next(rng);
}

/*
 * Only what is not closed meanwhile. Requests that wait for, or work on, as much
 * as they are told get small numbers from random_argument().
 */
long vmm_ioctl(struct lane *lane)
{
	const int files[] = { vmm.dev.device, vmm.dev.device, vmm.dev.group, vmm.dev.container };
	struct rng *rng = &lane->rng;
	unsigned long request = _IO(VFIO_TYPE, VFIO_BASE + rng_below(rng, IOCTLS));
	u32 argument[ARGUMENT_MAX / 4];
	int file = RNG_PICK(rng, files);
	char *in_arena;

	random_argument(rng, argument);
	if (rng_chance(rng, 60))
		return tap_sys(ioctl(file, request, argument));
	if (rng_chance(rng, 50))
		return tap_sys(ioctl(file, request, arena_pointer(rng)));
	/* as much of it as fits before the end of whatever is there */
	in_arena = arena_address(rng);
	if (pwrite(vmm.file, argument, ARGUMENT, 0) == ARGUMENT &&
	    pread(vmm.file, in_arena, ARGUMENT, 0) < 0)
		return -EFAULT;
	return tap_sys(ioctl(file, request, in_arena));
}

long vmm_feature(struct lane *lane)
{
	static const u32 directions[] = {
		VFIO_DEVICE_FEATURE_GET, VFIO_DEVICE_FEATURE_SET, VFIO_DEVICE_FEATURE_PROBE,
		VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_SET,
	};
	u32 argument[ARGUMENT_MAX / 4];
	struct rng *rng = &lane->rng;

	random_argument(rng, argument);
	if (rng_chance(rng, 50))
		argument[0] = sizeof(struct vfio_device_feature);
	if (rng_chance(rng, 50)) {
		/* to low power, and back */
		argument[1] = VFIO_DEVICE_FEATURE_SET |
			      (VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY + rng_below(rng, 3));
		if (rng_chance(rng, 50))
			argument[0] += sizeof(struct vfio_device_low_power_entry_with_wakeup);
		argument[2] = vmm.event;
		argument[3] = 0;
	} else {
		argument[1] = rng_below(rng, FEATURES) | RNG_PICK(rng, directions);
	}
	return tap_sys(ioctl(vmm.dev.device, VFIO_DEVICE_FEATURE, argument));
}

long vmm_irqs(struct lane *lane)
{
	static const u32 datas[] = {
		VFIO_IRQ_SET_DATA_NONE, VFIO_IRQ_SET_DATA_BOOL, VFIO_IRQ_SET_DATA_EVENTFD,
		VFIO_IRQ_SET_DATA_EVENTFD,
	};
	static const u32 actions[] = {
		VFIO_IRQ_SET_ACTION_MASK, VFIO_IRQ_SET_ACTION_UNMASK, VFIO_IRQ_SET_ACTION_TRIGGER,
		VFIO_IRQ_SET_ACTION_TRIGGER,
	};
	char buffer[sizeof(struct vfio_irq_set) + 4 * sizeof(int)] = { 0 };
	struct vfio_irq_set *irqs = (void *)buffer;
	int *events = (void *)irqs->data, i;
	struct rng *rng = &lane->rng;

	irqs->argsz = sizeof(buffer);
	irqs->flags = RNG_PICK(rng, datas) | RNG_PICK(rng, actions);
	irqs->index = rng_below(rng, 6);
	irqs->start = rng_size(rng, 2);
	irqs->count = rng_below(rng, 5);
	for (i = 0; i < 4; i++)
		events[i] = rng_chance(rng, 70) ? vmm.event : -1;
	return tap_sys(ioctl(vmm.dev.device, VFIO_DEVICE_SET_IRQS, irqs));
}

long vmm_reset([[maybe_unused]] struct lane *lane)
{
	return vfio_reset(&vmm.dev);
}

long vmm_hot_reset([[maybe_unused]] struct lane *lane)
{
	return vfio_hot_reset(&vmm.dev);
}

u64 vmm_iova(struct rng *rng)
{
	return 4 * GIB + rng_below(rng, 16) * ARENA_SLOT + rng_size(rng, 4) * host_page_size();
}

long vmm_map_dma(struct lane *lane)
{
	struct rng *rng = &lane->rng;
	u64 page = host_page_size(), at = (uintptr_t)arena_address(rng);
	struct vfio_iommu_type1_dma_map request = {
		.argsz = sizeof(request),
		.flags = rng_chance(rng, 80) ? VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE :
					       rng_below(rng, 8),
		.vaddr = rng_chance(rng, 90) ? at / page * page : at,
		.iova = vmm_iova(rng),
		.size = (1 + rng_size(rng, 255)) * page,
	};

	return tap_sys(ioctl(vmm.dev.container, VFIO_IOMMU_MAP_DMA, &request));
}

long vmm_unmap_dma(struct lane *lane)
{
	struct rng *rng = &lane->rng;
	struct vfio_iommu_type1_dma_unmap request = {
		.argsz = sizeof(request),
		.iova = vmm_iova(rng),
		.size = 16 * ARENA_SLOT,
	};

	if (rng_chance(rng, 30)) {
		request.flags = rng_below(rng, 8);
		request.iova = 0;
		request.size = rng_chance(rng, 50) ? 0 : rng_next(rng);
	}
	return tap_sys(ioctl(vmm.dev.container, VFIO_IOMMU_UNMAP_DMA, &request));
}

/* The peer of dmabuf.c in tests/abi maps it, and has it until the file or the VMM is gone. */
static void give_to_peer(struct rng *rng, int file)
{
	char text[48];
	int importer = open("/sys/kernel/debug/virtual_gpu/import", O_RDWR | O_CLOEXEC);
	int len = snprintf(text, sizeof(text), "%s %d", vmm.target->gpu.bdf, file);

	if (importer < 0)
		return;
	tap_sys(write(importer, text, len));
	tap_sys(write(importer, "map", 3));
	if (rng_chance(rng, 90))
		close(importer);
}

/* Exported; closed at once or left open until the VMM dies. */
long vmm_dmabuf(struct lane *lane)
{
	struct span span = arena_span(&lane->rng, &lane->target->gpu, GIB);
	struct vfio_range range = { span.offset, span.length };
	u64 page = host_page_size();
	int file;

	if (rng_chance(&lane->rng, 80)) {
		range.offset = range.offset / page * page;
		range.length = (range.length + page - 1) / page * page;
	}
	file = vfio_export(&vmm.dev, span.index, &range, 1);
	if (file >= 0 && rng_chance(&lane->rng, 50))
		give_to_peer(&lane->rng, file);
	if (file >= 0 && rng_chance(&lane->rng, 90))
		close(file);
	return file;
}
