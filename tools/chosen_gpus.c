// SPDX-License-Identifier: GPL-2.0-only
/*
 * The GPUs that a command is about.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "chosen_gpus.h"

static void say_no_gpu(const char *bdf, const struct pci_device *pci, int error)
{
	const char *unsupported = error == -ENODEV ? gpu_unsupported(pci) : NULL;

	if (unsupported)
		fprintf(stderr, "nvgrace-gpu: '%s' is a GPU that the driver does not support: %s (%04x:%04x)\n",
			bdf, unsupported, pci->vendor, pci->device);
	else
		fprintf(stderr, "nvgrace-gpu: '%s' is not %s\n", bdf,
			error == -EINVAL ? "the address of a PCI function, such as 0009:01:00.0" :
			error == -ENODEV ? "a GPU that the driver knows" :
					   "there");
}

int chosen_gpus_read(struct gpus *gpus, char *bdfs[], int count)
{
	int ret;

	if (!count) {
		ret = gpus_read(gpus);
		if (!ret)
			return 0;
		fprintf(stderr, "nvgrace-gpu: PCI devices cannot be listed: %s\n", strerror(-ret));
		gpus_free(gpus);
		return -1;
	}
	*gpus = (struct gpus){};
	for (int i = 0; i < count; i++) {
		gpus->gpus = array_resize(gpus->gpus, gpus->count + 1, sizeof(*gpus->gpus));
		ret = gpu_read(&gpus->gpus[gpus->count], bdfs[i]);
		if (ret) {
			say_no_gpu(bdfs[i], &gpus->gpus[gpus->count].pci, ret);
			gpus_free(gpus);
			return -1;
		}
		for (size_t j = 0; j < gpus->count; j++) {
			if (strcmp(gpus->gpus[j].pci.bdf, gpus->gpus[gpus->count].pci.bdf))
				continue;
			fprintf(stderr, "nvgrace-gpu: '%s' is there twice\n", bdfs[i]);
			gpus_free(gpus);
			return -1;
		}
		gpus->count++;
	}
	return 0;
}
