// SPDX-License-Identifier: GPL-2.0-only
/*
 * D6.4a: registers of the function that were lost: BARs at 0, memory decode off, while
 * the core believes otherwise. A touch of BAR0 that gets through is an abort.
 * D6.4d: and lost for a moment only, in an open.
 */
#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include "access.h"
#include "bar0.h"
#include "host.h"
#include "program.h"

static struct vfio dev;
static struct access accesses[ACCESS_KINDS];
static char *bar0;

static void begin(void)
{
	vfio_open(&dev, &gpu);
	access_prepare(accesses, &dev, USEMEM, 0);
	access_check(&accesses[ACCESS_STORE]);
	bar0 = bar0_map(&dev);
}

static void check_works(void)
{
	bar0_check_works(&dev, bar0);
	access_check_all(accesses);
}

/* The reset saves and restores what is not there any more. */
static void check_reset(int (*reset)(const struct vfio *vfio))
{
	begin();
	host_lose_registers(gpu.bdf, vfio_capability(&dev, PCI_CAP_ID_EXP));
	CHECK_RET(reset(&dev), 0);
	bar0_check_refused(&dev, bar0);
	CHECK_RET(reset(&dev), 0);
	bar0_check_refused(&dev, bar0);
	vfio_set_decode(&dev, true);
	check_works();
	CHECK_RET(reset(&dev), 0);
	check_works();
}

static void by_sysfs(void)
{
	check_reset(vfio_reset_by_sysfs);
}

static void by_ioctl(void)
{
	check_reset(vfio_reset);
}

/* What is written to a function that is not there says nothing of when it is. */
static void turned_on_while_gone(void)
{
	u16 command, below[2] = { 0 };
	u8 power;

	begin();
	power = vfio_capability(&dev, PCI_CAP_ID_PM);
	CHECK_RET(vfio_read(&dev, CONFIG, PCI_COMMAND, &command, 2), 2);
	host_lose_registers(gpu.bdf, vfio_capability(&dev, PCI_CAP_ID_EXP));
	CHECK_RET(vfio_reset_by_sysfs(&dev), 0);
	host_control_set(gpu.bdf, "gone", 1);
	CHECK_RET(vfio_write(&dev, CONFIG, PCI_COMMAND, &command, 2), -EIO);
	/* Also as a part of what begins below it. */
	CHECK_RET(vfio_write(&dev, CONFIG, PCI_DEVICE_ID, below, 4), -EIO);
	CHECK_RET(vfio_write(&dev, CONFIG, power + PCI_PM_PMC, below, 4), -EIO);
	bar0_check_refused(&dev, bar0);
	host_control_set(gpu.bdf, "gone", 0);
	bar0_check_refused(&dev, bar0);
	CHECK_RET(vfio_write(&dev, CONFIG, PCI_COMMAND, &command, 2), 2);
	check_works();
}

/* The next user gets a device that works. */
static void before_open(void)
{
	u8 express;

	vfio_open(&dev, &gpu);
	express = vfio_capability(&dev, PCI_CAP_ID_EXP);
	vfio_close(&dev);
	host_lose_registers(gpu.bdf, express);
	begin();
	check_works();
}

/* Whoever enabled it before: then the core only counts. Its user is gone before the unbind. */
static void enabled_by_others(void)
{
	int status;
	pid_t pid;

	CHECK_RET(host_unbind(gpu.bdf), 0);
	CHECK_RET(host_pci_write(gpu.bdf, "enable", "1"), 0);
	CHECK_RET(host_bind(gpu.bdf, DRIVER), 0);
	host_lose_decode(gpu.bdf);
	pid = fork();
	CHECK(pid >= 0, "fork: %m");
	if (!pid) {
		begin();
		check_works();
		_exit(0);
	}
	CHECK_RET(waitpid(pid, &status, 0), pid);
	CHECK_RET(status, 0);
	CHECK_RET(host_unbind(gpu.bdf), 0);
	CHECK_RET(host_pci_write(gpu.bdf, "enable", "0"), 0);
}

/*
 * Gone for as long as the core asks how long a DVSEC is, where it shows them. More than once:
 * what it did to memory of the kernel would not always show.
 */
static void gone_in_an_open(void)
{
	u16 first = 0;
	int round;

	vfio_open(&dev, &gpu);
	CHECK_RET(vfio_read(&dev, CONFIG, PCI_CFG_SPACE_SIZE, &first, 2), 2);
	vfio_close(&dev);
	host_control_set(gpu.bdf, "no_length", 1);
	for (round = 0; round < 10; round++) {
		CHECK_RET(vfio_try_open(&dev, &gpu),
			  first == PCI_EXT_CAP_ID_DVSEC ? -EIO : 0);
		vfio_close(&dev);
	}
	host_control_set(gpu.bdf, "no_length", 0);
	begin();
	check_works();
}

static const struct tap_test tests[] = {
	{ "D6.4a registers lost before a reset by sysfs take BARs out of reach", by_sysfs },
	{ "D6.4a registers lost before VFIO_DEVICE_RESET take BARs out of reach", by_ioctl },
	{ "D6.4a memory decode is not turned on while the function is gone",
	  turned_on_while_gone },
	{ "D6.4a registers lost before an open are restored", before_open },
	{ "D6.4a memory decode lost before an open of what was enabled already",
	  enabled_by_others },
	{ "D6.4d a function that does not answer while it is opened: EIO", gone_in_an_open },
};

int main(int argc, char **argv)
{
	return program_run(argc, argv, tests, TAP_COUNT(tests));
}
