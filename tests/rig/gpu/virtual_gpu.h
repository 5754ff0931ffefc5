/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * State of one virtual GPU, and what the files of this module offer each other.
 *
 * A configuration access arrives with pci_lock held and interrupts off, so
 * everything such an access can reach is done under a raw spinlock and never
 * sleeps. Lock order: pci_lock, then vgpu.lock.
 */
#ifndef VIRTUAL_GPU_H
#define VIRTUAL_GPU_H

#include <linux/pci.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#define VGPU_MAX		8	/* root-port slots 1 to 8 of bus 0 */
#define VGPU_BARS		3	/* 64-bit ones: BAR0, BAR2, BAR4 */
#define VGPU_CONFIG_SIZE	4096

/* What a configuration write asks of the rest of the module */
#define VGPU_CONFIG_RESET	BIT(0)	/* FLR was written, or D0 where that is a reset */
#define VGPU_CONFIG_DECODE	BIT(1)	/* command, BAR or power state was written */

/* The two steps to readiness: C2C link up, then HBM trained */
enum vgpu_step {
	VGPU_LINK,
	VGPU_TRAINING,
	VGPU_STEPS,
};

struct vgpu;

/**
 * struct vgpu_signal - one step to readiness
 * @gpu: the GPU it belongs to
 * @step: which of the two it is
 * @delay_ms: milliseconds from the end of a reset to readiness, negative for never;
 *            not under vgpu.lock
 * @due: jiffies at which it becomes ready, when @armed
 * @armed: it becomes ready at @due
 * @work: wakes up at @due
 */
struct vgpu_signal {
	struct vgpu *gpu;
	enum vgpu_step step;
	int delay_ms;
	unsigned long due;
	bool armed;
	struct delayed_work work;
};

/**
 * struct vgpu_config - model of a function's configuration space
 * @value: what a read returns
 * @initial: @value after a reset
 * @writable: bits that software can change
 */
struct vgpu_config {
	u8 value[VGPU_CONFIG_SIZE];
	u8 initial[VGPU_CONFIG_SIZE];
	u8 writable[VGPU_CONFIG_SIZE];
};

/**
 * struct vgpu - one virtual GPU
 * @slot: device number of its root port on bus 0
 * @device_id: PCI device id
 * @erratum: it has the MIG erratum
 * @cxl: readiness shows in a CXL Device DVSEC, not in BAR0
 * @cxl_timeout: code of the time allowed for MEM_ACTIVE
 * @alias: second ivshmem device over the memory behind BAR0
 * @registers: that memory, reachable whatever the state of BAR0
 * @lock: guards all that follows
 * @config: configuration space
 * @backing_bar: addresses the ivshmem devices behind the BARs were last given
 * @backing_command: command register they were last given
 * @signal: the steps to readiness
 * @resets: function resets seen
 * @reset_fails: resets do not end until this is cleared
 * @stuck: a reset waits for @reset_fails to be cleared
 * @bus_reset: the root port holds its secondary bus in reset
 * @gone: the function does not answer
 * @no_length: the length of the NVIDIA DVSEC reads all ones
 * @saved_registers: what the BAR0 status registers hold below @gone
 */
struct vgpu {
	unsigned int slot;
	u16 device_id;
	bool erratum;
	bool cxl;
	unsigned int cxl_timeout;
	struct pci_dev *alias;
	void __iomem *registers;

	raw_spinlock_t lock;
	struct vgpu_config config;
	u64 backing_bar[VGPU_BARS];
	u16 backing_command;
	struct vgpu_signal signal[VGPU_STEPS];
	unsigned int resets;
	bool reset_fails;
	bool stuck;
	bool bus_reset;
	bool gone;
	bool no_length;
	u32 saved_registers[VGPU_STEPS];
};

/* bus.c */
void vgpu_bus_attach(struct pci_bus *root, struct vgpu *gpus, unsigned int count);
void vgpu_bus_detach(struct pci_bus *root);

/* config.c */
void vgpu_config_init(struct vgpu *gpu);
void vgpu_config_reset(struct vgpu *gpu);
u32 vgpu_config_read(const struct vgpu *gpu, int where, int size);
unsigned int vgpu_config_write(struct vgpu *gpu, int where, int size, u32 value);
void vgpu_config_set_soft_reset(struct vgpu *gpu, bool on);
bool vgpu_config_soft_reset(const struct vgpu *gpu);
u64 vgpu_config_bar(const struct vgpu *gpu, unsigned int index);
u16 vgpu_config_decode(const struct vgpu *gpu);
bool vgpu_config_cxl_get(const struct vgpu *gpu, enum vgpu_step step);
void vgpu_config_cxl_set(struct vgpu *gpu, enum vgpu_step step, bool on);

/* reset.c */
bool vgpu_reset_absent(const struct vgpu *gpu);
void vgpu_reset_function(struct vgpu *gpu);
void vgpu_reset_bus(struct vgpu *gpu, bool asserted);
void vgpu_reset_set_fails(struct vgpu *gpu, bool fails);

/* readiness.c */
int vgpu_readiness_module_init(void);
void vgpu_readiness_module_exit(void);
void vgpu_readiness_init(struct vgpu *gpu, int link_ms, int train_ms);
void vgpu_readiness_exit(struct vgpu *gpu);
void vgpu_readiness_drop(struct vgpu *gpu);
void vgpu_readiness_start(struct vgpu *gpu);
u32 vgpu_readiness_register(const struct vgpu *gpu, enum vgpu_step step);
void vgpu_readiness_force_register(struct vgpu *gpu, enum vgpu_step step, u32 value);
bool vgpu_readiness_cxl(struct vgpu *gpu, enum vgpu_step step);
void vgpu_readiness_force_cxl(struct vgpu *gpu, enum vgpu_step step, bool on);
void vgpu_readiness_set_gone(struct vgpu *gpu, bool gone);

/* debugfs.c */
void vgpu_debugfs_module_init(void);
void vgpu_debugfs_module_exit(void);
void vgpu_debugfs_add(struct vgpu *gpu, const char *name);

/* walk.c */
extern const struct file_operations vgpu_walk_fops;

/* importer.c, where VFIO exports dma-bufs */
extern const struct file_operations vgpu_import_fops;

#endif /* VIRTUAL_GPU_H */
