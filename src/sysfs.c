// SPDX-License-Identifier: GPL-2.0-only
/*
 * Inspection: read-only attributes in the PCI device's folder nvgrace_gpu/.
 */
#include <linux/sysfs.h>

#include "nvgrace_gpu.h"

static struct nvgrace_gpu *gpu_from_device(struct device *dev)
{
	return nvgrace_gpu_from_pci(to_pci_dev(dev));
}

static ssize_t base_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%#llx\n", gpu_from_device(dev)->usemem.part.base);
}
static DEVICE_ATTR_RO(base);

static ssize_t usemem_size_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n", gpu_from_device(dev)->usemem.part.length);
}
static DEVICE_ATTR_RO(usemem_size);

static ssize_t usemem_bar_size_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n", gpu_from_device(dev)->usemem.part.bar_size);
}
static DEVICE_ATTR_RO(usemem_bar_size);

static ssize_t resmem_size_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n", gpu_from_device(dev)->resmem.part.length);
}
static DEVICE_ATTR_RO(resmem_size);

static ssize_t resmem_bar_size_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n", gpu_from_device(dev)->resmem.part.bar_size);
}
static DEVICE_ATTR_RO(resmem_bar_size);

static ssize_t mig_erratum_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", gpu_from_device(dev)->mig_erratum);
}
static DEVICE_ATTR_RO(mig_erratum);

static ssize_t readiness_method_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", nvgrace_readiness_method(gpu_from_device(dev)));
}
static DEVICE_ATTR_RO(readiness_method);

static ssize_t readiness_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	static const char * const names[] = {
		[NVGRACE_READY]		= "ready",
		[NVGRACE_PENDING]	= "pending",
		[NVGRACE_TIMED_OUT]	= "timed-out",
		[NVGRACE_RESETTING]	= "resetting",
	};

	return sysfs_emit(buf, "%s\n", names[READ_ONCE(gpu_from_device(dev)->readiness.state)]);
}
static DEVICE_ATTR_RO(readiness);

static ssize_t lost_pages_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", nvgrace_memory_failure_lost(gpu_from_device(dev)));
}
static DEVICE_ATTR_RO(lost_pages);

static ssize_t resets_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%ld\n", atomic_long_read(&gpu_from_device(dev)->watch.resets));
}
static DEVICE_ATTR_RO(resets);

static ssize_t reset_failures_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct nvgrace_watch *watch = &gpu_from_device(dev)->watch;

	return sysfs_emit(buf, "%ld\n", atomic_long_read(&watch->reset_failures));
}
static DEVICE_ATTR_RO(reset_failures);

static ssize_t readiness_timeouts_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct nvgrace_watch *watch = &gpu_from_device(dev)->watch;

	return sysfs_emit(buf, "%ld\n", atomic_long_read(&watch->readiness_timeouts));
}
static DEVICE_ATTR_RO(readiness_timeouts);

static ssize_t last_ready_ms_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(gpu_from_device(dev)->watch.last_ready_ms));
}
static DEVICE_ATTR_RO(last_ready_ms);

static struct attribute *nvgrace_attributes[] = {
	&dev_attr_base.attr,
	&dev_attr_usemem_size.attr,
	&dev_attr_usemem_bar_size.attr,
	&dev_attr_resmem_size.attr,
	&dev_attr_resmem_bar_size.attr,
	&dev_attr_mig_erratum.attr,
	&dev_attr_readiness_method.attr,
	&dev_attr_readiness.attr,
	&dev_attr_lost_pages.attr,
	&dev_attr_resets.attr,
	&dev_attr_reset_failures.attr,
	&dev_attr_readiness_timeouts.attr,
	&dev_attr_last_ready_ms.attr,
	NULL
};

const struct attribute_group nvgrace_attribute_group = {
	.name	= "nvgrace_gpu",
	.attrs	= nvgrace_attributes,
};
