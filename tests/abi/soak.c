// SPDX-License-Identifier: GPL-2.0-only
/*
 * soak SLOT BINDS OPENS RESETS LOSSES: each so many times, a GPU that falls off the bus and
 * comes back the last; what the kernel has allocated stays the same meanwhile.
 */
#include <errno.h>
#include <stdlib.h>

#include "access.h"
#include "flat.h"
#include "host.h"
#include "program.h"

#define MARK 0x50a4ULL

static struct vfio dev;
static struct access accesses[ACCESS_KINDS];
static unsigned int rounds[4];

static void begin(void)
{
	vfio_open(&dev, &gpu);
	access_prepare(accesses, &dev, USEMEM, 0);
	accesses[ACCESS_STORE].value = MARK;
	accesses[ACCESS_WRITE].value = MARK;
}

static void check_works(void)
{
	access_check(&accesses[ACCESS_STORE]);
	access_check_all(accesses);
	CHECK_EQ(accesses[ACCESS_READ].value, MARK);
	CHECK_EQ(accesses[ACCESS_LOAD].value, MARK);
}

static void bind_once(void)
{
	host_rebind(gpu.bdf, DRIVER);
}

static void binds(void)
{
	flat_run(rounds[0], bind_once);
	begin();
	check_works();
}

static void open_once(void)
{
	begin();
	check_works();
	access_unmap(accesses);
	vfio_close(&dev);
}

static void opens(void)
{
	flat_run(rounds[1], open_once);
}

static void reset_once(void)
{
	CHECK_RET(vfio_reset(&dev), 0);
	check_works();
}

static void resets(void)
{
	begin();
	flat_run(rounds[2], reset_once);
}

static void lose_once(void)
{
	u16 command = PCI_COMMAND_MEMORY;

	/* A reset while it is gone would wait for a minute, in older kernels. */
	host_control_set(gpu.bdf, "gone", 1);
	CHECK_RET(vfio_write(&dev, CONFIG, PCI_COMMAND, &command, 2), -EIO);
	host_control_set(gpu.bdf, "gone", 0);
	CHECK_RET(vfio_reset(&dev), 0);
	/* D6.4a: until its user asks for it, BAR0 is out of reach. */
	vfio_set_decode(&dev, true);
	check_works();
}

static void losses(void)
{
	begin();
	flat_run(rounds[3], lose_once);
}

int main(int argc, char **argv)
{
	static struct tap_test tests[] = {
		{ "D9.1 binds leave nothing behind", binds },
		{ "D9.1 opens leave nothing behind", opens },
		{ "D9.1 resets leave nothing behind", resets },
		{ "D9.1 falls off the bus leave nothing behind", losses },
	};
	size_t i;

	CHECK(argc == 2 + TAP_COUNT(rounds), "usage: soak SLOT BINDS OPENS RESETS LOSSES");
	for (i = 0; i < TAP_COUNT(rounds); i++) {
		rounds[i] = strtoul(argv[2 + i], NULL, 10);
		CHECK(rounds[i], "'%s' is not a number of times", argv[2 + i]);
		tests[i].timeout_s = 120 + 3 * rounds[i];
	}
	return program_run(2, argv, tests, TAP_COUNT(tests));
}
