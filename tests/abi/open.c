// SPDX-License-Identifier: GPL-2.0-only
/* D6.2 and the life of an open device: second opens, unbind, unload, death. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "access.h"
#include "host.h"
#include "program.h"

#define PATIENCE_MS 20000
#define STILL_WAITING_MS 500
#define ROUNDS 100
#define MARK 0x09e9000000000000ULL

static struct vfio dev;
static struct access accesses[ACCESS_KINDS];

static void open_prepared(void)
{
	vfio_open(&dev, &gpu);
	access_prepare(accesses, &dev, USEMEM, 0);
}

static void second_group(void)
{
	char path[64];

	open_prepared();
	snprintf(path, sizeof(path), "/dev/vfio/%d", host_group(gpu.bdf));
	CHECK_RET(tap_sys(open(path, O_RDWR)), -EBUSY);
	access_check_all(accesses);
}

/* A second file of the device: one device, not opened anew. */
static void second_file(void)
{
	u64 ones = ~0ULL, before, after;
	struct vfio second;

	open_prepared();
	access_check_all(accesses);
	CHECK_RET(vfio_write(&dev, CONFIG, PCI_BASE_ADDRESS_4, &ones, 8), 8);
	CHECK_RET(vfio_read(&dev, CONFIG, PCI_BASE_ADDRESS_4, &before, 8), 8);
	second = dev;
	second.device = tap_sys(ioctl(dev.group, VFIO_GROUP_GET_DEVICE_FD,
				      gpu.bdf));
	CHECK(second.device >= 0, "second file: %s", strerror(-second.device));
	CHECK_RET(vfio_read(&second, CONFIG, PCI_BASE_ADDRESS_4, &after, 8),
		  8);
	CHECK_EQ(after, before);

	close(dev.device);
	dev.device = second.device;
	CHECK_RET(vfio_read(&dev, CONFIG, PCI_BASE_ADDRESS_4, &after, 8), 8);
	CHECK_EQ(after, before);
	access_check_all(accesses);
}

static long unbind(void *bdf)
{
	return host_unbind(bdf);
}

static void start_unbind(struct task *task)
{
	task_start(task, unbind, gpu.bdf);
	CHECK(!task_ended(task, STILL_WAITING_MS),
	      "it was unbound with the device open");
}

static void check_unbound(struct task *task)
{
	CHECK(task_ended(task, PATIENCE_MS), "unbinding waits on");
	CHECK_RET(task_end(task), 0);
	CHECK(!host_pci_has(gpu.bdf, "driver"), "still bound");
}

static void unbind_open(void)
{
	struct task task;

	open_prepared();
	start_unbind(&task);
	access_check_all(accesses);
	access_unmap(accesses);
	vfio_close(&dev);
	check_unbound(&task);
}

/* A mapping keeps the device open when its files are closed. */
static void unbind_mapped(void)
{
	struct task task;

	open_prepared();
	vfio_close(&dev);
	accesses[ACCESS_STORE].value = MARK;
	access_check(&accesses[ACCESS_STORE]);
	start_unbind(&task);
	access_check(&accesses[ACCESS_LOAD]);
	CHECK_EQ(accesses[ACCESS_LOAD].value, MARK);
	munmap(accesses[ACCESS_LOAD].map, host_page_size());
	access_check(&accesses[ACCESS_STORE]);
	CHECK(!task_ended(&task, 0), "it was unbound with memory mapped");
	munmap(accesses[ACCESS_STORE].map, host_page_size());
	check_unbound(&task);
}

static void unload_open(void)
{
	open_prepared();
	CHECK_RET(host_remove_driver(), -EWOULDBLOCK);
	access_check_all(accesses);
}

/* A user that dies with the device open, mapped and busy leaves it usable. */
static void user_dies(void)
{
	int round, status;
	pid_t pid;

	for (round = 0; round < 5; round++) {
		pid = fork();
		CHECK(pid >= 0, "fork: %s", strerror(errno));
		if (!pid) {
			open_prepared();
			for (;;)
				access_check_all(accesses);
		}
		task_sleep_ms(STILL_WAITING_MS);
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		CHECK(WIFSIGNALED(status), "the user failed");
		open_prepared();
		access_check_all(accesses);
		access_unmap(accesses);
		vfio_close(&dev);
	}
}

/*
 * Each time used a little, in a way that takes what close must give back. A
 * reset takes a tenth of a second and has no part in it: most go without.
 */
static void many_times(void)
{
	u64 value = MARK;
	int round;

	for (round = 0; round < ROUNDS; round++) {
		if (round == ROUNDS / 10)
			CHECK_RET(host_pci_write(gpu.bdf, "reset_method", "\n"),
				  0);
		vfio_open(&dev, &gpu);
		CHECK_RET(vfio_write(&dev, RESMEM, 0, &value, 8), 8);
		CHECK_RET(vfio_read(&dev, USEMEM, 0, &value, 8), 8);
		vfio_close(&dev);
	}
}

static const struct tap_test tests[] = {
	{ "D6.2 a second open of the group while one is open: EBUSY",
	  second_group },
	{ "D2.4 a second file of the device does not clear the BARs",
	  second_file },
	{ "D6.2 unbind waits for close, accesses go on meanwhile",
	  unbind_open },
	{ "D6.2 unbind waits for munmap when only a mapping is left",
	  unbind_mapped },
	{ "D6.2 the module cannot be removed while the device is open",
	  unload_open },
	{ "D6.2 a user that is killed leaves a usable device", user_dies },
	{ "D5.4 open, use and close a hundred times", many_times, 180 },
};

int main(int argc, char **argv)
{
	return program_run(argc, argv, tests, TAP_COUNT(tests));
}
