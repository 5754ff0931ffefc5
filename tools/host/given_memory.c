// SPDX-License-Identifier: GPL-2.0-only
/*
 * GPU memory that a GPU driver of the host has given to Linux.
 */
#include <stdlib.h>
#include <string.h>

#include "base/tree.h"
#include "host/given_memory.h"

#define IOMEM_MAX 0x100000
#define GIVER "nvidia"

static bool is_there(void)
{
	char *text;
	bool found;

	tree_read_all(&text, IOMEM_MAX, "/proc/iomem");
	found = text && strstr(text, GIVEN_MEMORY);
	free(text);
	return found;
}

static bool giver_has_any(void)
{
	struct tree_names names;
	bool found = false;

	tree_list(&names, PCI_DRIVER_FOLDER GIVER);
	for (size_t i = 0; i < names.count && !found; i++) {
		struct text_address address;

		found = !text_address(names.names[i], &address);
	}
	tree_names_free(&names);
	return found;
}

bool given_memory_has_owner(const struct gpu *gpu)
{
	return !strcmp(gpu->pci.driver, GIVER);
}

/*
 * Nothing tells whose memory it is, and only root sees where: that of a GPU which the giver has;
 * if it has none, that of any which the driver has not looked at.
 */
bool given_memory_is_of(const struct gpu *gpu)
{
	if (gpu->origin == GPU_OF_PACKAGE || gpu->origin == GPU_OF_KERNEL || !is_there())
		return false;
	return given_memory_has_owner(gpu) || !giver_has_any();
}
