// SPDX-License-Identifier: GPL-2.0-only
/*
 * hold [GPU]: uses a bound GPU as a virtual machine does, until SIGTERM. Says
 * "held" when it has it; fails if its memory then is not what it wrote.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "vfio.h"

#define CONTENT "in use"

int main(int argc, char **argv)
{
	struct gpu gpu = gpu_get(argc > 1 ? atoi(argv[1]) : 1);
	struct vfio dev;
	sigset_t end;
	char *memory;
	int got;

	sigemptyset(&end);
	sigaddset(&end, SIGTERM);
	sigprocmask(SIG_BLOCK, &end, NULL);

	vfio_open(&dev, &gpu);
	memory = vfio_map(&dev, USEMEM, 0, host_page_size());
	memcpy(memory, CONTENT, sizeof(CONTENT));
	puts("held");
	fflush(stdout);
	sigwait(&end, &got);
	if (strcmp(memory, CONTENT)) {
		fputs("hold: the GPU's memory was changed meanwhile\n", stderr);
		return 1;
	}
	vfio_close(&dev);
	return 0;
}
