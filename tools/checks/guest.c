// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks of what runs a guest: KVM, QEMU, libvirt, and how much memory may be locked.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/kvm.h>

#include "base/program.h"
#include "base/tree.h"
#include "checks/diagnosis.h"
#include "host/vfio.h"

/* Linux 6.17, include/uapi/linux/kvm.h: device memory can be cacheable in a guest. */
#define CAP_CACHEABLE_PFNMAP 243

/* Kernels that know the capability want to be asked for a virtual machine. */
static int ask_virtual_machine(int kvm)
{
	int vm = ioctl(kvm, KVM_CREATE_VM, 0);
	int answer;

	if (vm < 0)
		return -errno;
	answer = ioctl(vm, KVM_CHECK_EXTENSION, CAP_CACHEABLE_PFNMAP);
	if (answer < 0)
		answer = -errno;
	close(vm);
	return answer;
}

/* What KVM answers; in a recorded tree that is in the file, as text. */
static int ask_kvm(int fd, int *answer)
{
	struct stat stat;
	char text[16];
	ssize_t length;
	__u64 number;

	if (!fstat(fd, &stat) && S_ISCHR(stat.st_mode)) {
		*answer = ioctl(fd, KVM_CHECK_EXTENSION, CAP_CACHEABLE_PFNMAP);
		if (*answer < 0)
			*answer = ask_virtual_machine(fd);
		return *answer < 0 ? *answer : 0;
	}
	length = read(fd, text, sizeof(text) - 1);
	text[length < 0 ? 0 : length] = 0;
	if (text_number(text, &number))
		return -EINVAL;
	*answer = number != 0;
	return 0;
}

/* KVM maps the memory as the kernel's version has it; the capability is what counts. */
static void add_capability(struct diagnosis *diagnosis, int answer)
{
	const struct host *host = &diagnosis->host;
	struct text_version version;
	struct finding *finding;

	if (answer) {
		diagnosis_add(diagnosis, VERDICT_OK, "guests get usemem cacheable");
		return;
	}
	text_version(host->release, &version);
	if (text_version_since(version, 6, 17)) {
		finding = diagnosis_add(diagnosis, VERDICT_PROBLEM,
					"kernel %s cannot map cacheable memory of a device in a guest on this CPU",
					host->release);
		finding->code = "not-cacheable";
		finding_explain(finding,
				"KVM needs a CPU with FWB and DIC for that, and refuses usemem without: the guest stops at its first access",
				"# run the guest on a Grace CPU; a virtual machine has to show its guest a CPU with FWB and DIC");
		return;
	}
	if (strstr(host->release, "-nvidia")) {
		diagnosis_add(diagnosis, VERDICT_UNKNOWN,
			      "kernel %s does not tell how guests get usemem; NVIDIA's kernels before 6.17 map it cacheable, and do not say so",
			      host->release)->code = "not-told";
		return;
	}
	finding = diagnosis_add(diagnosis, VERDICT_WARNING,
				"kernel %s gives guests usemem as device memory", host->release);
	finding->code = "device-memory";
	finding_mend(finding,
		     "that is correct but slow, and unaligned accesses of the guest fault; kernels from 6.17 on, and those with NVIDIA's patches, map it cacheable",
		     distribution_newer_kernel(&host->distribution, host->release, false));
}

void check_kvm(struct diagnosis *diagnosis)
{
	struct finding *finding;
	int fd = tree_open(O_RDWR, "/dev/kvm");
	int answer, ret;

	if (fd == -EACCES || fd == -EPERM) {
		finding = diagnosis_add(diagnosis, VERDICT_UNKNOWN,
					"/dev/kvm may not be opened by this user");
		finding->code = "no-right";
		finding_explain(finding,
				"QEMU needs it, too, unless libvirt starts it",
				"sudo usermod --append --groups kvm $USER");
		return;
	}
	if (fd < 0 && diagnosis->host.is_virtual) {
		diagnosis_add(diagnosis, VERDICT_UNKNOWN,
			      "this virtual machine has no KVM: it can run no guest of its own")
			->code = "virtual-machine";
		return;
	}
	if (fd < 0) {
		finding = diagnosis_add(diagnosis, VERDICT_PROBLEM, "/dev/kvm cannot be opened: %s",
					strerror(-fd));
		finding->code = "not-there";
		finding_explain(finding,
				"there is no KVM: the kernel lacks it, or firmware has started it without virtualization (EL2)",
				"dmesg | grep -i kvm");
		return;
	}
	ret = ask_kvm(fd, &answer);
	close(fd);
	if (ret)
		diagnosis_add(diagnosis, VERDICT_UNKNOWN, "KVM gives no answer: %s",
			      strerror(-ret))->code = "no-answer";
	else
		add_capability(diagnosis, answer);
}

static const char *unseen(int ret)
{
	return ret == -EOPNOTSUPP ? "programs of a recorded tree are not run" : strerror(-ret);
}

/* The first of several names under which a program is installed. */
static int first_version(const char * const *names, struct text_version *version)
{
	int ret = -ENOENT;

	while (*names && ret == -ENOENT)
		ret = program_version(*names++, version);
	return ret;
}

int libvirt_version(struct text_version *version)
{
	static const char * const names[] = { "virtqemud", "libvirtd", "/usr/sbin/virtqemud",
					      "/usr/sbin/libvirtd", NULL };

	return first_version(names, version);
}

void check_qemu(struct diagnosis *diagnosis)
{
	static const char *const names[] = { "qemu-system-aarch64", "/usr/libexec/qemu-kvm", NULL };
	const struct distribution *distribution = &diagnosis->host.distribution;
	struct text_version version;
	struct finding *finding;
	int ret = first_version(names, &version);

	if (ret == -ENOENT) {
		finding = diagnosis_add(diagnosis, VERDICT_WARNING, "QEMU is not installed");
		finding->code = "not-installed";
		finding->why = "it runs the guest, unless another program does";
		finding->fix = distribution_install(distribution, distribution->facts->qemu,
						    "QEMU and UEFI firmware for arm64 guests");
	} else if (ret) {
		diagnosis_add(diagnosis, VERDICT_UNKNOWN, "its version cannot be seen: %s",
			      unseen(ret))->code = "unseen";
	} else if (!text_version_since(version, 9, 0)) {
		finding = diagnosis_add(diagnosis, VERDICT_WARNING, "QEMU %u.%u", version.major,
					version.minor);
		finding->code = "old";
		finding_mend(finding,
			     "before 9.0 it has no acpi-generic-initiator: the guest's GPU driver finds no NUMA nodes for the GPU's memory",
			     distribution_upgrade_qemu(distribution));
	} else {
		diagnosis_add(diagnosis, VERDICT_OK, "QEMU %u.%u%s", version.major, version.minor,
			      text_version_since(version, 10, 0) ? "" :
			      ", which has a high MMIO window of 512 GiB and no more");
	}
}

void check_libvirt(struct diagnosis *diagnosis)
{
	struct text_version version;
	struct finding *finding;
	int ret = libvirt_version(&version);

	if (ret == -ENOENT) {
		diagnosis_add(diagnosis, VERDICT_OK, "libvirt is not installed; it is not needed");
	} else if (ret) {
		diagnosis_add(diagnosis, VERDICT_UNKNOWN, "its version cannot be seen: %s",
			      unseen(ret))->code = "unseen";
	} else if (!text_version_since(version, 10, 0)) {
		finding = diagnosis_add(diagnosis, VERDICT_WARNING, "libvirt %u.%u", version.major,
					version.minor);
		finding->code = "old";
		finding_explain(finding,
				"before 10.0 it binds a managed device to vfio-pci, not to the driver made for it: write managed='no', and bind the GPU first",
				"nvgrace-gpu bind --all");
	} else {
		diagnosis_add(diagnosis, VERDICT_OK, "libvirt %u.%u", version.major, version.minor);
	}
}

/*
 * Asked of the file's mode: VFIO lets a group be open once, and a look must not be that.  What the
 * file is of begins the sentence.
 */
static void check_file(struct diagnosis *diagnosis, const char *of, const char *path)
{
	struct finding *finding;
	int fd = tree_open(O_PATH, "%s", path);

	if (fd < 0)
		return;
	if (!faccessat(fd, "", R_OK | W_OK, AT_EMPTY_PATH | AT_EACCESS)) {
		diagnosis_add(diagnosis, VERDICT_OK, "%sthis user may open %s", of, path);
	} else {
		finding = diagnosis_add(diagnosis, VERDICT_WARNING, "%sthis user may not open %s",
					of, path);
		finding->code = "no-right";
		finding_explain(finding,
				"a QEMU that this user starts gets no GPU; libvirt sees to that itself",
				"sudo chown $USER %s", path);
	}
	close(fd);
}

/* As "nvgrace-gpu qemu" has it: with iommufd where a GPU has a file for that, else by group. */
void check_access(struct diagnosis *diagnosis)
{
	bool with_iommufd = false;

	for (size_t i = 0; i < diagnosis->gpus.count; i++) {
		const struct pci_device *pci = &diagnosis->gpus.gpus[i].pci;
		char of[32], name[32], path[64];

		snprintf(of, sizeof(of), "%s: ", pci->bdf);
		if (vfio_device_name(pci->bdf, name, sizeof(name))) {
			with_iommufd = true;
			snprintf(path, sizeof(path), "/dev/vfio/devices/%s", name);
		} else if (pci->group[0]) {
			snprintf(path, sizeof(path), "/dev/vfio/%s", pci->group);
		} else {
			continue;
		}
		check_file(diagnosis, of, path);
	}
	if (with_iommufd)
		check_file(diagnosis, "", "/dev/iommu");
}

/* "Max locked memory", the soft limit, the hard one, the unit. */
void check_memlock(struct diagnosis *diagnosis)
{
	struct finding *finding;
	char text[4096], limit[64];
	char size[32];
	__u64 bytes;

	if (diagnosis->host.can_lock) {
		diagnosis_add(diagnosis, VERDICT_OK, "this user may lock any amount of memory");
		return;
	}
	if (tree_read(text, sizeof(text), "/proc/self/limits") < 0 ||
	    !text_field(text, "Max locked memory", limit, sizeof(limit))) {
		diagnosis_add(diagnosis, VERDICT_UNKNOWN, "/proc/self/limits is not there")
			->code = "unseen";
		return;
	}
	limit[strcspn(limit, " ")] = 0;
	if (!strcmp(limit, "unlimited")) {
		diagnosis_add(diagnosis, VERDICT_OK, "unlimited");
		return;
	}
	text_scan(limit, 10, &bytes);
	finding = diagnosis_add(diagnosis, VERDICT_WARNING, "this user may lock %s of memory",
				text_size(size, sizeof(size), bytes));
	finding->code = "limited";
	finding_explain(finding,
			"VFIO locks all memory of a guest; libvirt sees to that, a QEMU that is started by hand needs the limit raised",
			"sudo prlimit --pid $$ --memlock=unlimited");
}
