// SPDX-License-Identifier: GPL-2.0-only
/* Asks a VFIO device all ioctls that only answer. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "answers.h"
#include "host.h"
#include "tap.h"

#define CANARY 0xa5
#define FEATURES 24
#define IRQS 8
#define FIRST_UNKNOWN_IOCTL 60

static struct answer *next_answer(struct answers *answers, const char *name,
				  unsigned int arg)
{
	struct answer *answer;

	CHECK(answers->count < ANSWERS_MAX, "too many questions");
	answer = &answers->list[answers->count++];
	memset(answer->bytes, CANARY, ANSWER_BYTES);
	answer->region = -1;
	snprintf(answer->question, sizeof(answer->question), "%s(%u)", name,
		 arg);
	return answer;
}

static void ask(struct answer *answer, const struct vfio *dev,
		unsigned long request)
{
	answer->ret = tap_sys(ioctl(dev->device, request, answer->bytes));
}

static void ask_info(struct answers *answers, const struct vfio *dev,
		     u32 argsz)
{
	struct answer *answer = next_answer(answers, "GET_INFO", argsz);
	struct vfio_device_info *info = (void *)answer->bytes;

	info->argsz = argsz;
	ask(answer, dev, VFIO_DEVICE_GET_INFO);
}

static void ask_irq(struct answers *answers, const struct vfio *dev,
		    unsigned int index)
{
	struct answer *answer = next_answer(answers, "GET_IRQ_INFO", index);
	struct vfio_irq_info *info = (void *)answer->bytes;

	info->argsz = sizeof(*info);
	info->index = index;
	ask(answer, dev, VFIO_DEVICE_GET_IRQ_INFO);
}

static void ask_region(struct answers *answers, const struct vfio *dev,
		       unsigned int index)
{
	struct answer *answer = next_answer(answers, "GET_REGION_INFO", index);

	answer->region = index;
	answer->ret = vfio_region_info(dev, index, answer->bytes,
				       ANSWER_BYTES);
}

static void ask_feature(struct answers *answers, const struct vfio *dev,
			unsigned int feature, u32 flags)
{
	struct answer *answer = next_answer(answers, "FEATURE probe",
					    feature | flags);
	struct vfio_device_feature *head = (void *)answer->bytes;

	head->argsz = sizeof(*head);
	head->flags = feature | flags | VFIO_DEVICE_FEATURE_PROBE;
	ask(answer, dev, VFIO_DEVICE_FEATURE);
}

/* The count is the kernel's business; group and device numbers stay. */
static void ask_hot_reset_info(struct answers *answers, const struct vfio *dev)
{
	struct answer *answer = next_answer(answers, "HOT_RESET_INFO", 0);
	struct vfio_pci_hot_reset_info *info = (void *)answer->bytes;

	info->argsz = ANSWER_BYTES;
	info->flags = 0;
	ask(answer, dev, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO);
}

static void ask_unknown(struct answers *answers, const struct vfio *dev,
			unsigned int number)
{
	struct answer *answer = next_answer(answers, "unknown ioctl", number);

	ask(answer, dev, _IO(VFIO_TYPE, VFIO_BASE + number));
}

static void answers_collect(struct answers *answers, const struct vfio *dev)
{
	unsigned int i;

	answers->count = 0;
	for (i = 0; i <= 32; i += 4)
		ask_info(answers, dev, i);
	for (i = 0; i < VFIO_PCI_NUM_REGIONS + 3; i++)
		ask_region(answers, dev, i);
	for (i = 0; i < IRQS; i++)
		ask_irq(answers, dev, i);
	for (i = 0; i < FEATURES; i++) {
		ask_feature(answers, dev, i, VFIO_DEVICE_FEATURE_GET);
		ask_feature(answers, dev, i, VFIO_DEVICE_FEATURE_SET);
		ask_feature(answers, dev, i, VFIO_DEVICE_FEATURE_GET |
			    VFIO_DEVICE_FEATURE_SET);
	}
	ask_hot_reset_info(answers, dev);
	for (i = 0; i < 4; i++)
		ask_unknown(answers, dev, FIRST_UNKNOWN_IOCTL + i);
}

static void answers_compare(const struct answers *got,
			    const struct answers *want, const struct gpu *gpu)
{
	unsigned int i, byte;

	CHECK_EQ(got->count, want->count);
	for (i = 0; i < got->count; i++) {
		const struct answer *a = &got->list[i], *b = &want->list[i];

		if (a->region >= 0 && gpu_memory(gpu, a->region))
			continue;
		CHECK(a->ret == b->ret, "%s: %d, vfio-pci gives %d",
		      a->question, a->ret, b->ret);
		for (byte = 0; byte < ANSWER_BYTES; byte++)
			CHECK(a->bytes[byte] == b->bytes[byte],
			      "%s: byte %u is %02x, vfio-pci gives %02x",
			      a->question, byte, a->bytes[byte],
			      b->bytes[byte]);
	}
}

void answers_same_as_core(const struct gpu *gpu)
{
	static struct answers ours, core;
	struct vfio dev;

	vfio_open(&dev, gpu);
	answers_collect(&ours, &dev);
	vfio_close(&dev);
	host_rebind(gpu->bdf, CORE_DRIVER);
	vfio_open(&dev, gpu);
	answers_collect(&core, &dev);
	answers_compare(&ours, &core, gpu);
}
