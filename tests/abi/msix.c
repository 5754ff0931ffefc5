// SPDX-License-Identifier: GPL-2.0-only
/*
 * D6.4b: the MSI-X table is in BAR0. The kernel writes to it when it restores what a
 * reset or a sleep took, whether or not the user lets the function decode just then.
 */
#include <errno.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "access.h"
#include "bar0.h"
#include "host.h"
#include "program.h"

static struct vfio dev;
static struct access accesses[ACCESS_KINDS];
static char *bar0;
static int event;

static void begin(void)
{
	vfio_open(&dev, &gpu);
	access_prepare(accesses, &dev, USEMEM, 0);
	access_check(&accesses[ACCESS_STORE]);
	bar0 = bar0_map(&dev);
	event = eventfd(0, EFD_CLOEXEC);
	CHECK(event >= 0, "no eventfd");
	CHECK_RET(vfio_set_interrupt(&dev, VFIO_PCI_MSIX_IRQ_INDEX, event), 0);
}

static bool decodes(void)
{
	u16 command;

	CHECK_RET(vfio_read(&dev, CONFIG, PCI_COMMAND, &command, 2), 2);
	return command & PCI_COMMAND_MEMORY;
}

/* As the user left it: he is not near BAR0, and is when he asks for that. */
static void check_still_off(void)
{
	CHECK(!decodes(), "memory decode is on");
	bar0_check_refused(&dev, bar0);
	vfio_set_decode(&dev, true);
	bar0_check_works(&dev, bar0);
	access_check_all(accesses);
	CHECK_RET(vfio_set_interrupt(&dev, VFIO_PCI_MSIX_IRQ_INDEX, event), 0);
}

static void check_reset(int (*reset)(const struct vfio *vfio))
{
	begin();
	vfio_set_decode(&dev, false);
	CHECK_RET(reset(&dev), 0);
	check_still_off();
}

static void by_sysfs(void)
{
	check_reset(vfio_reset_by_sysfs);
}

static void by_ioctl(void)
{
	check_reset(vfio_reset);
}

static void by_config(void)
{
	check_reset(vfio_reset_by_config);
}

/* There and back is a reset here. */
static void d3hot(void)
{
	host_control_set(gpu.bdf, "soft_reset", 1);
	host_rebind(gpu.bdf, DRIVER);
	begin();
	vfio_set_decode(&dev, false);
	vfio_set_power_state(&dev, 3);
	vfio_set_power_state(&dev, 0);
	check_still_off();
}

/* A user who leaves everything as it is when he ends; then there is another one. */
static void check_next(void (*use)(void))
{
	pid_t pid = fork();
	int status;

	CHECK(pid >= 0, "fork: %m");
	if (!pid) {
		use();
		_exit(0);
	}
	CHECK_RET(waitpid(pid, &status, 0), pid);
	CHECK_RET(status, 0);
	begin();
	bar0_check_works(&dev, bar0);
}

/* Where there is no BAR0, interrupts can't be set. */
static void use_d3hot(void)
{
	begin();
	vfio_set_power_state(&dev, 3);
	CHECK_RET(vfio_set_interrupt(&dev, VFIO_PCI_MSIX_IRQ_INDEX, -1), -EIO);
	CHECK_RET(vfio_reset_by_sysfs(&dev), 0);
	vfio_set_power_state(&dev, 3);
}

static void in_d3hot(void)
{
	host_control_set(gpu.bdf, "soft_reset", 1);
	host_rebind(gpu.bdf, DRIVER);
	check_next(use_d3hot);
}

static void sleep_and_wake(bool decode)
{
	vfio_set_decode(&dev, decode);
	CHECK_RET(vfio_feature(&dev, VFIO_DEVICE_FEATURE_SET |
			       VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY), 0);
	vfio_wait_suspended(&dev);
	CHECK_RET(vfio_feature(&dev, VFIO_DEVICE_FEATURE_SET |
			       VFIO_DEVICE_FEATURE_LOW_POWER_EXIT), 0);
}

static void suspended(void)
{
	begin();
	sleep_and_wake(true);
	sleep_and_wake(false);
	check_still_off();
}

static void lose_registers(void)
{
	u8 express = vfio_capability(&dev, PCI_CAP_ID_EXP);

	host_lose_registers(gpu.bdf, express);
}

static void lost_then_reset(void)
{
	begin();
	lose_registers();
	CHECK_RET(vfio_reset_by_sysfs(&dev), 0);
	vfio_set_decode(&dev, true);
	bar0_check_works(&dev, bar0);
	lose_registers();
	CHECK_RET(vfio_reset(&dev), 0);
	vfio_set_decode(&dev, true);
	bar0_check_works(&dev, bar0);
}

static void use_lost(void)
{
	begin();
	lose_registers();
	CHECK_RET(vfio_set_interrupt(&dev, VFIO_PCI_MSIX_IRQ_INDEX, -1), 0);
	CHECK_RET(vfio_set_interrupt(&dev, VFIO_PCI_MSIX_IRQ_INDEX, event), 0);
	lose_registers();
}

static void lost_then_set(void)
{
	check_next(use_lost);
}

static void lost_then_asleep(void)
{
	begin();
	lose_registers();
	sleep_and_wake(true);
	vfio_set_decode(&dev, true);
	bar0_check_works(&dev, bar0);
}

static long set_from(void *request)
{
	return tap_sys(ioctl(dev.device, VFIO_DEVICE_SET_IRQS, request));
}

/* A request is in memory that cannot be read yet: nobody else waits for that. */
static void request_not_ready(void)
{
	struct {
		struct vfio_irq_set set;
		s32 event;
	} request = {
		.set = {
			.argsz = sizeof(request),
			.flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER,
			.index = VFIO_PCI_MSIX_IRQ_INDEX,
			.count = 1,
		},
	};
	struct task task;
	char *map;

	begin();
	request.event = event;
	CHECK_RET(vfio_write(&dev, USEMEM, 0, &request, sizeof(request)), (long)sizeof(request));
	map = vfio_map(&dev, USEMEM, 0, host_page_size());
	host_gpu_never_ready(&gpu);
	CHECK_RET(vfio_reset(&dev), 0);
	vfio_set_decode(&dev, true);
	task_start(&task, set_from, map);
	CHECK(!task_ended(&task, 300), "the request was read");
	vfio_set_decode(&dev, true);
	CHECK_RET(vfio_set_interrupt(&dev, VFIO_PCI_MSIX_IRQ_INDEX, event), 0);
	CHECK(!task_ended(&task, 0), "the request was read");
	host_gpu_set_ready(&gpu, true);
	CHECK_RET(task_end(&task), 0);
}

/* Other requests with data of their own than eventfds. */
static void by_bool(void)
{
	struct {
		struct vfio_irq_set set;
		u8 on;
	} request = {
		.set = {
			.argsz = sizeof(request),
			.flags = VFIO_IRQ_SET_DATA_BOOL | VFIO_IRQ_SET_ACTION_TRIGGER,
			.index = VFIO_PCI_MSIX_IRQ_INDEX,
			.count = 1,
		},
	};
	u64 count;

	begin();
	CHECK_RET(set_from(&request), 0);
	request.on = true;
	CHECK_RET(set_from(&request), 0);
	CHECK_RET(tap_sys(read(event, &count, sizeof(count))), sizeof(count));
	CHECK_EQ(count, 1);
}

static const struct tap_test tests[] = {
	{ "D6.4b MSI-X with decode off over a reset by sysfs", by_sysfs },
	{ "D6.4b MSI-X with decode off over VFIO_DEVICE_RESET", by_ioctl },
	{ "D6.4b MSI-X with decode off over FLR", by_config },
	{ "D6.4b MSI-X with decode off over D3hot", d3hot },
	{ "D6.4b MSI-X with decode off over a sleep", suspended },
	{ "D6.4b MSI-X in D3hot, and over a close", in_d3hot },
	{ "D6.4b MSI-X with lost registers over resets", lost_then_reset },
	{ "D6.4b MSI-X with lost registers is set, and over a close", lost_then_set },
	{ "D6.4b MSI-X with lost registers over a sleep", lost_then_asleep },
	{ "D6.4b MSI-X triggered by VFIO_IRQ_SET_DATA_BOOL", by_bool },
	{ "D6.4b MSI-X set by a request that has to be waited for", request_not_ready },
};

int main(int argc, char **argv)
{
	return program_run(argc, argv, tests, TAP_COUNT(tests));
}
