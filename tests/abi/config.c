// SPDX-License-Identifier: GPL-2.0-only
/* D2: config space, byte for byte. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "config_model.h"
#include "host.h"
#include "program.h"
#include "task.h"
#include "vfio.h"

#define OFFSETS 0x41
#define WIDTHS 64
#define CONFIG_SIZE 4096

/* Bits a test must not set: they reset the function or put it to sleep. */
static u8 harmless[MODEL_BYTES];

static void find_harmful(const struct vfio *dev)
{
	u8 at, id;

	memset(harmless, 0xff, sizeof(harmless));
	CHECK_RET(vfio_read(dev, CONFIG, PCI_CAPABILITY_LIST, &at, 1), 1);
	while (at && at < MODEL_BYTES - 0x10) {
		CHECK_RET(vfio_read(dev, CONFIG, at, &id, 1), 1);
		if (id == PCI_CAP_ID_EXP)
			harmless[at + PCI_EXP_DEVCTL + 1] = 0x7f;
		if (id == PCI_CAP_ID_PM)
			harmless[at + PCI_PM_CTRL] = 0xfc;
		if (id == PCI_CAP_ID_AF)
			harmless[at + PCI_AF_CTRL] = 0xfe;
		CHECK_RET(vfio_read(dev, CONFIG, at + PCI_CAP_LIST_NEXT, &at,
				    1), 1);
	}
}

static void fill(u32 *seed, u8 *bytes, unsigned int offset,
		 unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		*seed = *seed * 1664525 + 1013904223;
		bytes[i] = (*seed >> 24) & harmless[offset + i];
	}
}

/* Replaces the emulated bytes by what the model says. */
static void apply_model(const struct config_model *model, u8 *bytes)
{
	unsigned int i;

	for (i = 0; i < MODEL_BYTES; i++)
		config_byte(model, i, &bytes[i]);
}

static void compare(const u8 *got, const u8 *want,
		    unsigned int offset, unsigned int count, const char *what,
		    unsigned int at, unsigned int width)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		CHECK(got[i] == want[i],
		      "%s of %u at %#x: byte %#x is %02x, expected %02x", what,
		      width, at, offset + i, got[i], want[i]);
}

static void write_bar(const struct vfio *dev, struct config_model *model,
		      unsigned int index, u64 value)
{
	unsigned int offset = config_bar_offset(index);

	CHECK_RET(vfio_write(dev, CONFIG, offset, &value, 8), 8);
	config_model_write(model, offset, (u8 *)&value, 8);
}

static void reads(void)
{
	struct config_model model = { .gpu = &gpu };
	u8 want[MODEL_BYTES], got[WIDTHS];
	unsigned int offset, width;
	const unsigned int *index;
	struct vfio dev;

	host_rebind(gpu.bdf, CORE_DRIVER);
	vfio_open(&dev, &gpu);
	for (offset = 0; offset < MODEL_BYTES; offset++)
		CHECK_RET(vfio_read(&dev, CONFIG, offset, want + offset, 1), 1);
	vfio_close(&dev);
	host_rebind(gpu.bdf, DRIVER);
	vfio_open(&dev, &gpu);
	for (index = program_regions(); *index; index++)
		write_bar(&dev, &model, *index, 0x1122334455667788 * *index);
	apply_model(&model, want);
	for (offset = 0; offset < OFFSETS; offset++) {
		for (width = 1; width <= WIDTHS; width++) {
			CHECK_RET(vfio_read(&dev, CONFIG, offset, got, width),
				  width);
			compare(got, want + offset, offset, width, "read",
				offset, width);
		}
	}
}

/* One write of every width at every offset; the state after each. */
static void write_all(u8 (*state)[MODEL_BYTES],
		      struct config_model *model)
{
	unsigned int offset, width;
	u8 bytes[WIDTHS];
	u32 seed = 1;
	struct vfio dev;

	vfio_open(&dev, &gpu);
	find_harmful(&dev);
	for (offset = 0; offset < OFFSETS; offset++) {
		for (width = 1; width <= WIDTHS; width++) {
			u8 got[MODEL_BYTES];

			fill(&seed, bytes, offset, width);
			CHECK_RET(vfio_write(&dev, CONFIG, offset, bytes,
					     width), width);
			CHECK_RET(vfio_read(&dev, CONFIG, 0, got, MODEL_BYTES),
				  MODEL_BYTES);
			if (!model) {
				memcpy(*state++, got, MODEL_BYTES);
				continue;
			}
			config_model_write(model, offset, bytes, width);
			apply_model(model, *state);
			compare(got, *state++, 0, MODEL_BYTES, "write", offset,
				width);
		}
	}
	vfio_close(&dev);
}

static void writes(void)
{
	u8 (*state)[MODEL_BYTES] = calloc(OFFSETS * WIDTHS, MODEL_BYTES);
	struct config_model model = { .gpu = &gpu };

	host_rebind(gpu.bdf, CORE_DRIVER);
	write_all(state, NULL);
	host_rebind(gpu.bdf, DRIVER);
	write_all(state, &model);
}

/* The rest of config space, and what lies at and over its end. */
static void snapshot(u8 *bytes, ssize_t *edges)
{
	static const unsigned int widths[] = { 1, 4, 8, 64 };
	unsigned int i, offset;
	u8 scratch[64];
	struct vfio dev;

	vfio_open(&dev, &gpu);
	for (offset = MODEL_BYTES; offset < CONFIG_SIZE; offset += 64)
		CHECK_RET(vfio_read(&dev, CONFIG, offset, bytes + offset, 64),
			  64);
	for (i = 0; i < TAP_COUNT(widths); i++) {
		*edges++ = vfio_read(&dev, CONFIG, CONFIG_SIZE - 4, scratch,
				     widths[i]);
		*edges++ = vfio_read(&dev, CONFIG, CONFIG_SIZE, scratch,
				     widths[i]);
		*edges++ = vfio_write(&dev, CONFIG, CONFIG_SIZE, scratch,
				      widths[i]);
	}
	vfio_close(&dev);
}

static void far_bytes(void)
{
	u8 core[CONFIG_SIZE] = { 0 }, ours[CONFIG_SIZE] = { 0 };
	ssize_t core_edges[12], our_edges[12];
	unsigned int i;

	snapshot(ours, our_edges);
	host_rebind(gpu.bdf, CORE_DRIVER);
	snapshot(core, core_edges);
	compare(ours, core, 0, CONFIG_SIZE, "read", 0, 64);
	for (i = 0; i < TAP_COUNT(core_edges); i++)
		CHECK(core_edges[i] == our_edges[i],
		      "access %u at the end of config space: %zd, not %zd", i,
		      our_edges[i], core_edges[i]);
}

static void bad_buffer(void)
{
	const unsigned int *index;
	struct vfio dev;
	char *bad;

	vfio_open(&dev, &gpu);
	bad = vfio_reserve(host_page_size(), host_page_size(), 0);
	for (index = program_regions(); *index; index++) {
		unsigned int offset = config_bar_offset(*index);

		CHECK_RET(vfio_read(&dev, CONFIG, offset, bad, 8), -EFAULT);
		CHECK_RET(vfio_write(&dev, CONFIG, offset, bad, 8), -EFAULT);
		CHECK_RET(vfio_read(&dev, CONFIG, offset - 4, bad, 16),
			  -EFAULT);
		CHECK_RET(vfio_write(&dev, CONFIG, offset + 4, bad, 2),
			  -EFAULT);
	}
}

/* What was done before the buffer's end is told, and the BAR behind it is as it was. */
static void short_buffer(void)
{
	unsigned int offset = config_bar_offset(USEMEM);
	size_t page = host_page_size();
	u64 value = 0x7000000000000000;
	struct vfio dev;
	char *end;

	vfio_open(&dev, &gpu);
	end = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(end != MAP_FAILED, "no memory");
	end += page;
	CHECK_RET(tap_sys(mprotect(end, page, PROT_NONE)), 0);
	CHECK_RET(vfio_read(&dev, CONFIG, PCI_BASE_ADDRESS_0, end - 8, 32), 8);
	CHECK_RET(vfio_write(&dev, CONFIG, offset, &value, 8), 8);
	CHECK_RET(vfio_write(&dev, CONFIG, PCI_BASE_ADDRESS_0, end - 8, 32), 8);
	CHECK_RET(vfio_read(&dev, CONFIG, offset, &value, 8), 8);
	CHECK_EQ(value, 0x7000000000000000 | 0xc);
}

/* What a VMM's guest does to learn the size: all ones, read, restore. */
static void sizing(void)
{
	const u32 ones = ~0U;
	const unsigned int *index;
	u32 low, high;
	struct vfio dev;

	vfio_open(&dev, &gpu);
	for (index = program_regions(); *index; index++) {
		unsigned int offset = config_bar_offset(*index);
		u64 mask, address = 0x7000000000000000, got;

		CHECK_RET(vfio_write(&dev, CONFIG, offset, &ones, 4), 4);
		CHECK_RET(vfio_read(&dev, CONFIG, offset, &low, 4), 4);
		CHECK_RET(vfio_write(&dev, CONFIG, offset + 4, &ones, 4), 4);
		CHECK_RET(vfio_read(&dev, CONFIG, offset + 4, &high, 4), 4);
		CHECK_EQ(low & 0xf, 0xc);
		mask = ((u64)high << 32 | low) & ~0xfULL;
		CHECK_EQ(-mask, gpu_memory(&gpu, *index)->bar);
		CHECK_RET(vfio_write(&dev, CONFIG, offset, &address, 8), 8);
		CHECK_RET(vfio_read(&dev, CONFIG, offset, &got, 8), 8);
		CHECK_EQ(got, address | 0xc);
	}
}

/* Also where the function cannot be reset, which would clear them too. */
static void after_open(void)
{
	const unsigned int *index;
	struct vfio dev;
	int round;

	for (round = 0; round < 4; round++) {
		struct config_model model = { .gpu = &gpu };

		if (round == 2)
			CHECK_RET(host_pci_write(gpu.bdf, "reset_method", "\n"),
				  0);
		vfio_open(&dev, &gpu);
		for (index = program_regions(); *index; index++) {
			u64 got;

			CHECK_RET(vfio_read(&dev, CONFIG,
					    config_bar_offset(*index), &got, 8),
				  8);
			CHECK_EQ(got, 0xc);
			write_bar(&dev, &model, *index, ~0ULL);
		}
		vfio_close(&dev);
	}
}

/* Two writers alternate whole values; a reader must never see a mixture. */
#define TEAR_A 0x1111110000000000ULL
#define TEAR_B 0x2222220000000000ULL
#define TEAR_ROUNDS 4000

static long tear_writer(void *arg)
{
	const struct vfio *dev = arg;
	u64 values[2] = { TEAR_A, TEAR_B };
	int i;

	for (i = 0; i < TEAR_ROUNDS; i++)
		CHECK_RET(vfio_write(dev, CONFIG, config_bar_offset(USEMEM),
				     &values[i & 1], 8), 8);
	return 0;
}

static void tearing(void)
{
	struct task writers[2];
	struct vfio dev;
	u64 got;
	int i;

	vfio_open(&dev, &gpu);
	tear_writer(&dev);
	for (i = 0; i < 2; i++)
		task_start(&writers[i], tear_writer, &dev);
	while (!task_ended(&writers[0], 0) || !task_ended(&writers[1], 0)) {
		CHECK_RET(vfio_read(&dev, CONFIG, config_bar_offset(USEMEM),
				    &got, 8), 8);
		CHECK((got & ~0xfULL) == TEAR_A || (got & ~0xfULL) == TEAR_B,
		      "torn BAR4: %#llx", got);
	}
	for (i = 0; i < 2; i++)
		task_end(&writers[i]);
}

static const struct tap_test tests[] = {
	{ "D2.1 the sizing handshake of the emulated BARs", sizing },
	{ "D2.2 reads of every width 1..64 at every offset 0..0x40", reads },
	{ "D2.2 writes of every width 1..64 at every offset 0..0x40", writes },
	{ "D2.2 the rest of config space and its end are vfio-pci-core's",
	  far_bytes },
	{ "D2.2 a bad user buffer gives EFAULT", bad_buffer },
	{ "D2.2 a buffer that ends behind some registers: they are counted", short_buffer },
	{ "D2.4 emulated BARs are 0 after open", after_open },
	{ "D2.5 a 64-bit BAR is never torn", tearing },
};

int main(int argc, char **argv)
{
	return program_run(argc, argv, tests, TAP_COUNT(tests));
}
