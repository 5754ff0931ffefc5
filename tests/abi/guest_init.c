// SPDX-License-Identifier: GPL-2.0-only
/*
 * The first and only program of a guest. Says "up" on the second serial port,
 * then takes commands there, a line each, and answers each as a test (TAP):
 *
 *   gpu KEY=VALUE...   a line of the scenario
 *   bars SLOT          BAR2 and BAR4 are of the right kind and size
 *   put SLOT SEED      writes the marks and reads them back
 *   check SLOT SEED    reads the marks
 *   beyond SLOT        past the end of the memory
 *   dies SLOT MIB      a process that reads usemem there is killed by SIGBUS
 *   present SLOT       waits until the GPU is there
 *   absent SLOT        waits until it is not
 *   inside SLOT SEED   gives it to the driver, in the guest, which lets it sleep first
 *   nodes SLOT         each GPU has NUMA nodes of its own to put its memory in
 *   smmu SLOT          there is an SMMU with devices behind it, not the GPU
 *   off                powers the guest off; not answered
 *
 * SLOT is the GPU's on the host.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "answers.h"
#include "host.h"
#include "marks.h"
#include "tap.h"
#include "task.h"
#include "vfio.h"

#define PORT "/dev/ttyAMA1"
#define LOOK_MS 50

/* Bits of a resource in Linux: memory, prefetchable, 64 bits. */
#define RESOURCE_KIND 0x102200ULL

/* One for each MIG instance. */
#define NODES_PER_GPU 8

static struct gpu gpu;
static unsigned int seed;

static void enable(void)
{
	CHECK_RET(host_pci_write(gpu.bdf, "enable", "1"), 0);
}

static void check_bar(unsigned int bar, u64 size)
{
	u64 start = 0, end = 0, kind = 0;
	char text[1024], *line = text;
	unsigned int i;

	CHECK_RET(host_pci_read(gpu.bdf, "resource", text, sizeof(text)), 0);
	for (i = 0; i < bar; i++)
		line = strchr(line, '\n') + 1;
	CHECK(sscanf(line, "%llx %llx %llx", &start, &end, &kind) == 3,
	      "resource says %s", line);
	CHECK(start, "BAR%u has no address", bar);
	CHECK_EQ(end - start + 1, size);
	CHECK_EQ(kind & RESOURCE_KIND, RESOURCE_KIND);
}

static void bars(void)
{
	/* Without resmem, BAR2 is the GPU's own. */
	if (gpu.resmem.length)
		check_bar(RESMEM, gpu.resmem.bar);
	check_bar(USEMEM, gpu.usemem.bar);
}

static void check(void)
{
	enable();
	marks_check(&gpu, MARKS_GUEST, seed);
}

static void put(void)
{
	enable();
	marks_put(&gpu, MARKS_GUEST, seed);
	marks_check(&gpu, MARKS_GUEST, seed);
}

/* The first and the last word without memory. */
static void check_beyond(unsigned int bar)
{
	const struct gpu_memory *memory = gpu_memory(&gpu, bar);
	u64 offsets[] = { memory->length, memory->bar - 8 };
	unsigned int i;

	for (i = 0; i < TAP_COUNT(offsets); i++) {
		CHECK_EQ(marks_load(&gpu, MARKS_GUEST, bar, offsets[i]),
			 ~0ULL);
		marks_store(&gpu, MARKS_GUEST, bar, offsets[i], 0);
		CHECK_EQ(marks_load(&gpu, MARKS_GUEST, bar, offsets[i]),
			 ~0ULL);
	}
}

static void beyond(void)
{
	enable();
	check_beyond(RESMEM);
	check_beyond(USEMEM);
}

static void read_usemem(u64 offset)
{
	char path[PATH_MAX];
	u64 *word;
	int fd;

	host_pci_path(path, sizeof(path), gpu.bdf, "resource4");
	fd = open(path, O_RDWR | O_CLOEXEC);
	CHECK(fd >= 0, "%s: %s", path, strerror(errno));
	word = mmap(NULL, host_page_size(), PROT_READ, MAP_SHARED, fd, offset);
	CHECK(word != MAP_FAILED, "%s: %s", path, strerror(errno));
	tap_note("it reads %#llx", __atomic_load_n(word, __ATOMIC_RELAXED));
}

/* In a process of its own: this one is the guest's first. */
static void dies(void)
{
	int status;
	pid_t pid;

	enable();
	pid = fork();
	CHECK(pid >= 0, "fork: %s", strerror(errno));
	if (!pid) {
		signal(SIGBUS, SIG_DFL);
		read_usemem(seed * MIB);
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid, "waitpid: %s", strerror(errno));
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS,
	      "the process that reads has ended with status %#x", status);
}

static void await(bool present)
{
	while (host_pci_has(gpu.bdf, "resource4") != present)
		task_sleep_ms(LOOK_MS);
}

static void present(void)
{
	await(true);
}

static void absent(void)
{
	await(false);
}

static void load_module(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	CHECK(fd >= 0, "%s: %s", path, strerror(errno));
	CHECK(!syscall(SYS_finit_module, fd, "", 0) || errno == EEXIST,
	      "%s: %s", path, strerror(errno));
	close(fd);
}

static void load_modules(const char *list)
{
	FILE *file = fopen(list, "r");
	char path[256];

	CHECK(file, "%s: %s", list, strerror(errno));
	while (fscanf(file, "%255s", path) == 1)
		load_module(path);
	fclose(file);
}

/* The marks, through VFIO in the guest. */
static void check_marks_inside(void)
{
	struct mark marks[MARKS_MAX];
	unsigned int count = marks_of(&gpu, seed, marks), i;
	struct vfio dev;
	u64 got;

	vfio_open(&dev, &gpu);
	for (i = 0; i < count; i++) {
		CHECK_RET(vfio_read(&dev, marks[i].index, marks[i].offset,
				    &got, 8), 8);
		CHECK_EQ(got, marks[i].value);
	}
	vfio_close(&dev);
}

/* Nobody uses it, so the driver sends it to D3hot: the host's driver sees that. */
static void wait_asleep(void)
{
	char state[16];

	do {
		task_sleep_ms(LOOK_MS);
		CHECK_RET(host_pci_read(gpu.bdf, "power_state", state, sizeof(state)), 0);
	} while (strcmp(state, "D3hot"));
}

/* Here it is a GPU without memory of its own: firmware tells of none. */
static void inside(void)
{
	struct gpu inner;

	load_modules("/rig/modules/iommu");
	load_modules("/rig/modules/list");
	load_module(MODULE_FILE);
	CHECK_RET(host_bind(gpu.bdf, DRIVER), 0);
	CHECK(!host_pci_has(gpu.bdf, "nvgrace_gpu"),
	      "there is a group of attributes about no memory");
	wait_asleep();
	check_marks_inside();
	inner = gpu;
	inner.resmem.length = 0;
	inner.usemem.length = 0;
	answers_same_as_core(&inner);
}

/* How many NUMA nodes this kernel can have: one more than CONFIG_NODES_SHIFT's last. */
static unsigned int nodes_max(void)
{
	unsigned int last = 0;
	char possible[128];

	CHECK_RET(host_read("/sys/devices/system/node/possible", possible, sizeof(possible)), 0);
	CHECK(sscanf(possible, "0-%u", &last) == 1 || !strcmp(possible, "0"),
	      "possible nodes are %s", possible);
	return last + 1;
}

/*
 * Node 0 is the guest's own; nodes without memory come from firmware. Those of the last GPUs
 * may be too many for the kernel.
 */
static void nodes(void)
{
	unsigned int count = 1 + gpu_count() * NODES_PER_GPU, max = nodes_max();
	char expected[16], found[128];

	snprintf(expected, sizeof(expected), "1-%u", (count < max ? count : max) - 1);
	CHECK_RET(host_read("/sys/devices/system/node/has_generic_initiator",
			    found, sizeof(found)), 0);
	CHECK(!strcmp(found, expected), "GPUs have %s, not %s",
	      found, expected);
}

static void smmu(void)
{
	glob_t devices;

	CHECK(!glob("/sys/class/iommu/smmu3.*/devices/*", 0, NULL, &devices),
	      "there is no SMMU with devices behind it");
	globfree(&devices);
	CHECK(!host_pci_has(gpu.bdf, "iommu"), "the GPU is behind it");
}

/* How long the host waits is its business. */
#define PATIENCE_S 600

static const struct tap_test commands[] = {
	{ "bars", bars, PATIENCE_S },
	{ "put", put, PATIENCE_S },
	{ "check", check, PATIENCE_S },
	{ "beyond", beyond, PATIENCE_S },
	{ "dies", dies, PATIENCE_S },
	{ "present", present, PATIENCE_S },
	{ "absent", absent, PATIENCE_S },
	{ "inside", inside, PATIENCE_S },
	{ "nodes", nodes, PATIENCE_S },
	{ "smmu", smmu, PATIENCE_S },
};

static void add_gpu_line(const char *line)
{
	FILE *file = fopen(SCENARIO_FILE, "a");

	fprintf(file, "%s\n", line);
	fclose(file);
	printf("ok\n");
}

static void run(const char *line)
{
	struct tap_suite suite = { .count = 1 };
	unsigned int slot, i;
	char name[16];

	if (!strncmp(line, "gpu", 3))
		return add_gpu_line(line);
	if (!strcmp(line, "off"))
		reboot(RB_POWER_OFF);
	seed = 0;
	if (sscanf(line, "%15s %u %u", name, &slot, &seed) >= 2) {
		gpu = gpu_get(slot);
		for (i = 0; i < TAP_COUNT(commands); i++) {
			if (!strcmp(commands[i].name, name))
				suite.tests = &commands[i];
		}
	}
	if (suite.tests)
		tap_run(&suite);
	else
		printf("not ok - there is no command %s\n", line);
}

static void mount_at(const char *type, const char *path)
{
	mkdir(path, 0755);
	mount(type, path, type, 0, NULL);
}

int main(void)
{
	struct termios mode;
	char line[512];
	int port;

	mount_at("proc", "/proc");
	mount_at("sysfs", "/sys");
	mount_at("devtmpfs", "/dev");
	port = open(PORT, O_RDWR);
	tcgetattr(port, &mode);
	cfmakeraw(&mode);
	tcsetattr(port, TCSANOW, &mode);
	dup2(port, STDIN_FILENO);
	dup2(port, STDOUT_FILENO);
	printf("up\n");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		run(line);
		fflush(stdout);
	}
	return 1;
}
