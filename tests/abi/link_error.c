// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "link_error.h"
#include "tap.h"
#include "types.h"

/* drivers/pci/pcie/aer_inject.c: what is written to /dev/aer_inject */
struct aer_error {
	u8 bus;
	u8 device;
	u8 function;
	u32 uncorrectable;
	u32 correctable;
	u32 header_log[4];
	u32 domain;
};

int link_error(const char *bdf)
{
	struct aer_error error = { .uncorrectable = PCI_ERR_UNC_MALF_TLP };
	unsigned int bus, device, function;
	int ret, fd = tap_sys(open("/dev/aer_inject", O_RDWR | O_CLOEXEC));

	if (fd < 0)
		return fd;
	CHECK(sscanf(bdf, "%x:%x:%x.%x", &error.domain, &bus, &device, &function) == 4,
	      "an odd address: %s", bdf);
	error.bus = bus;
	error.device = device;
	error.function = function;
	ret = tap_sys(write(fd, &error, sizeof(error)));
	close(fd);
	return ret < 0 ? ret : 0;
}
