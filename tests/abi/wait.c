// SPDX-License-Identifier: GPL-2.0-only
/* D6.2: accesses that wait for readiness, and what goes on meanwhile. */
#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "access.h"
#include "host.h"
#include "program.h"

#define PATIENCE_MS 20000
#define STILL_WAITING_MS 300
#define FUTEX_MS 5000

static struct vfio dev;
static struct access accesses[ACCESS_KINDS];

/* Opens the device, which will not be ready until told so. */
static void open_waiting(void)
{
	host_gpu_never_ready(&gpu);
	vfio_open(&dev, &gpu);
	access_prepare(accesses, &dev, USEMEM, 0);
}

static void start_waiting(struct task *task, enum access_kind kind)
{
	task_start(task, access_run, &accesses[kind]);
	CHECK(!task_ended(task, STILL_WAITING_MS),
	      "a %s did not wait for readiness", access_name(kind));
}

static void check_still_waiting(struct task *task, const char *what)
{
	CHECK(!task_ended(task, 0), "%s took until the waiting access ended",
	      what);
}

static void check_served(struct task *task, enum access_kind kind)
{
	CHECK(task_ended(task, PATIENCE_MS),
	      "a %s did not end when the GPU became ready", access_name(kind));
	CHECK_RET(task_end(task), 0);
}

static void waits(void)
{
	enum access_kind kind;
	struct task task;

	open_waiting();
	for (kind = 0; kind < ACCESS_KINDS; kind++) {
		start_waiting(&task, kind);
		host_gpu_set_ready(&gpu, true);
		check_served(&task, kind);
		CHECK_RET(vfio_reset(&dev), 0);
	}
}

/* Only one of the two status registers says ready, or nearly. */
static void waits_for_both(void)
{
	struct task task;

	host_control_set(gpu.bdf, "link_ms", -1);
	open_waiting();
	start_waiting(&task, ACCESS_READ);
	host_control_set(gpu.bdf, "link", READY_VALUE);
	CHECK(!task_ended(&task, STILL_WAITING_MS), "training was not awaited");
	host_control_set(gpu.bdf, "training", READY_VALUE);
	check_served(&task, ACCESS_READ);
	CHECK_RET(vfio_reset(&dev), 0);
	host_control_set(gpu.bdf, "training", READY_VALUE);
	start_waiting(&task, ACCESS_READ);
	host_control_set(gpu.bdf, "link", READY_VALUE - 1);
	CHECK(!task_ended(&task, STILL_WAITING_MS), "0xfe was taken for ready");
	host_control_set(gpu.bdf, "link", READY_VALUE);
	check_served(&task, ACCESS_READ);
}

static void all_wait(void)
{
	struct task tasks[ACCESS_KINDS];
	enum access_kind kind;

	open_waiting();
	for (kind = 0; kind < ACCESS_KINDS; kind++)
		start_waiting(&tasks[kind], kind);
	host_gpu_set_ready(&gpu, true);
	for (kind = 0; kind < ACCESS_KINDS; kind++)
		check_served(&tasks[kind], kind);
}

/* Everything else the user can do goes on while an access waits. */
static void check_others(enum access_kind kind)
{
	size_t page = host_page_size();
	struct vfio_area area;
	struct task task;
	u64 value;
	void *map;

	start_waiting(&task, kind);
	CHECK_RET(vfio_read(&dev, CONFIG, PCI_BASE_ADDRESS_4, &value, 8), 8);
	CHECK_RET(vfio_write(&dev, CONFIG, PCI_BASE_ADDRESS_4, &value, 8), 8);
	check_still_waiting(&task, "a config access");
	vfio_area(&dev, USEMEM, &area);
	check_still_waiting(&task, "VFIO_DEVICE_GET_REGION_INFO");
	CHECK_RET(vfio_read(&dev, VFIO_PCI_BAR0_REGION_INDEX, 0, &value, 4), 4);
	check_still_waiting(&task, "a read of BAR0");
	map = vfio_map(&dev, USEMEM, page, page);
	check_still_waiting(&task, "mmap() of the region");
	munmap(map, page);
	check_still_waiting(&task, "munmap() of the region");
	map = mmap(NULL, page, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	CHECK(map != MAP_FAILED, "mmap: %s", strerror(errno));
	munmap(map, page);
	check_still_waiting(&task, "mmap() of other memory");
	CHECK_RET(vfio_reset(&dev), 0);
	check_still_waiting(&task, "a reset");
	CHECK(!task_ended(&task, STILL_WAITING_MS),
	      "a reset ended the wait of a %s", access_name(kind));
	host_gpu_set_ready(&gpu, true);
	check_served(&task, kind);
	CHECK_RET(vfio_reset(&dev), 0);
}

static void others_go_on(void)
{
	enum access_kind kind;

	open_waiting();
	for (kind = 0; kind < ACCESS_KINDS; kind++)
		check_others(kind);
}

/* A process that waits, and nothing else. */
static pid_t fork_waiting(enum access_kind kind)
{
	pid_t pid = fork();

	CHECK(pid >= 0, "fork: %s", strerror(errno));
	if (!pid) {
		access_run(&accesses[kind]);
		_exit(0);
	}
	task_sleep_ms(STILL_WAITING_MS);
	CHECK(!waitpid(pid, NULL, WNOHANG), "a %s did not wait",
	      access_name(kind));
	return pid;
}

static long wait_for(void *pid)
{
	return waitpid(*(pid_t *)pid, NULL, 0);
}

static void kill_waiting(void)
{
	enum access_kind kind;
	struct task task;
	pid_t pid;

	open_waiting();
	for (kind = 0; kind < ACCESS_KINDS; kind++) {
		pid = fork_waiting(kind);
		kill(pid, SIGKILL);
		task_start(&task, wait_for, &pid);
		CHECK(task_ended(&task, PATIENCE_MS),
		      "killed in a %s, the process waits on",
		      access_name(kind));
		task_end(&task);
		CHECK_RET(vfio_reset(&dev), 0);
	}
}

static void close_waiting(void)
{
	static const enum access_kind kinds[] = { ACCESS_READ, ACCESS_LOAD };
	struct task task;
	unsigned int i;

	for (i = 0; i < TAP_COUNT(kinds); i++) {
		open_waiting();
		start_waiting(&task, kinds[i]);
		vfio_close(&dev);
		check_still_waiting(&task, "close()");
		host_gpu_set_ready(&gpu, true);
		check_served(&task, kinds[i]);
		access_unmap(accesses);
	}
}

static long unbind(void *bdf)
{
	return host_unbind(bdf);
}

/* The device leaves as soon as its user, who waited for it, is dead. */
static void unbind_waiting(void)
{
	struct task task;
	pid_t pid;

	open_waiting();
	pid = fork_waiting(ACCESS_READ);
	access_unmap(accesses);
	vfio_close(&dev);
	task_start(&task, unbind, gpu.bdf);
	CHECK(!task_ended(&task, STILL_WAITING_MS),
	      "unbound with the device in use");
	kill(pid, SIGKILL);
	CHECK(task_ended(&task, PATIENCE_MS), "unbinding waits on");
	CHECK_RET(task_end(&task), 0);
}

static atomic_int signals;

static void count_signal(int number)
{
	(void)number;
	signals++;
}

/* A thread that waits for the memory handles its signals, and waits on. */
static void signal_waiting(void)
{
	struct sigaction action = { .sa_handler = count_signal };
	enum access_kind kind;
	struct task task;
	int seen;

	sigaction(SIGUSR1, &action, NULL);
	open_waiting();
	for (kind = ACCESS_LOAD; kind <= ACCESS_STORE; kind++) {
		seen = signals;
		start_waiting(&task, kind);
		pthread_kill(task.thread, SIGUSR1);
		CHECK(!task_ended(&task, STILL_WAITING_MS * 5),
		      "a signal ended a %s", access_name(kind));
		CHECK(signals == seen + 1, "a %s keeps a signal from a thread",
		      access_name(kind));
		host_gpu_set_ready(&gpu, true);
		check_served(&task, kind);
		CHECK_RET(vfio_reset(&dev), 0);
	}
}

static atomic_bool toggles;

/* Each change has memory_lock for a moment, and takes the mappings away. */
static long toggle_decode(void *unused)
{
	(void)unused;
	while (toggles) {
		vfio_set_decode(&dev, false);
		vfio_set_decode(&dev, true);
	}
	return 0;
}

/* The kernel has futexes' pages brought in by faults that it does not retry. */
static void futex(void)
{
	long until = task_now_ms() + FUTEX_MS;
	u32 here = 0, *there;
	struct task task;

	vfio_open(&dev, &gpu);
	access_prepare(accesses, &dev, USEMEM, 0);
	access_check(&accesses[ACCESS_STORE]);
	there = accesses[ACCESS_STORE].map;
	toggles = true;
	task_start(&task, toggle_decode, NULL);
	while (task_now_ms() < until)
		CHECK_RET(tap_sys(syscall(SYS_futex, &here,
					  FUTEX_WAKE_OP | FUTEX_PRIVATE_FLAG, 0,
					  0, there,
					  FUTEX_OP(FUTEX_OP_ADD, 1,
						   FUTEX_OP_CMP_EQ, 0))), 0);
	toggles = false;
	task_end(&task);
}

static const struct tap_test tests[] = {
	{ "D6.2 each kind of access waits until ready", waits },
	{ "D6.2 many threads wait at once", all_wait },
	{ "D6.2 config, mmap and reset go on while an access waits",
	  others_go_on },
	{ "D6.2 a process killed while it waits dies", kill_waiting },
	{ "D6.2 a signal is handled while a load or a store waits",
	  signal_waiting },
	{ "D6.2 a fault that cannot be retried waits for a lock", futex },
	{ "D6.2 the device can be closed while an access waits",
	  close_waiting },
	{ "D6.2 unbind completes when the waiting user dies", unbind_waiting },
	{ "D6.2 link and training in BAR0 are both awaited", waits_for_both },
};

int main(int argc, char **argv)
{
	size_t count = TAP_COUNT(tests);

	/* The last one is about BAR0. */
	if (gpu_get(argc > 1 ? atoi(argv[1]) : 1).cxl)
		count--;
	return program_run(argc, argv, tests, count);
}
