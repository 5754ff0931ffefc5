// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is known of distributions: a line of the table for each family.
 */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "host/distribution.h"
#include "host/gpu.h"

/* --- headers of a kernel, whose flavour is in its release */

static char *debian_headers(const char *release)
{
	return text_format("linux-headers-%s", release);
}

/* Each flavour's package provides it: kernel-devel, kernel-64k-devel, kernel-rt-devel. */
static char *fedora_headers(const char *release)
{
	/* Oracle's own kernels do not. */
	if (strstr(release, "uek"))
		return text_format("kernel-uek-devel-%s", release);
	return text_format("'kernel-devel-uname-r = %s'", release);
}

static const char *suse_flavour(const char *release)
{
	const char *dash = strrchr(release, '-');

	return dash && strspn(dash + 1, "0123456789.") != strlen(dash + 1) ? dash + 1 : NULL;
}

/* 6.4.0-150600.23.47-64kb: packages provide that version, without the number of the build. */
static char *suse_headers(const char *release)
{
	const char *flavour = suse_flavour(release);

	if (!flavour)
		return text_format("'kernel-default-devel = %s'", release);
	return text_format("'kernel-%s-devel = %.*s'", flavour, (int)(flavour - 1 - release),
			   release);
}

/* The release of kernel, kernel-64k and kernel-hwe has no flavour in it; rpm knows. */
static char *azure_headers(const char *release)
{
	return text_format("\"$(rpm --query --queryformat '%s' --file /boot/vmlinuz-%s)\"",
			   "%{NAME}-devel-%{VERSION}-%{RELEASE}", release);
}

/* --- packages of "make modules" */

/* In small letters, without all of ASCII. */
static char *debian_modules(const char *release)
{
	char *package = text_format(GPU_MODULE "-modules-%s", release);

	for (char *c = package; *c; c++) {
		if (*c >= 'A' && *c <= 'Z')
			*c += 'a' - 'A';
		else if (*c == '_')
			*c = '-';
	}
	return package;
}

/* What is behind the plus of 6.12.0-124.8.1.el10_1.aarch64+64k. */
static const char *rhel_flavour(const char *release)
{
	const char *plus = strrchr(release, '+');

	return plus && plus[1] ? plus + 1 : NULL;
}

static char *fedora_modules(const char *release)
{
	const char *flavour = rhel_flavour(release);

	return text_format("kmod-" GPU_MODULE "%s%s", flavour ? "-" : "", flavour ?: "");
}

static char *suse_modules(const char *release)
{
	return text_format(GPU_MODULE "-kmp-%s", suse_flavour(release) ?: "default");
}

/* --- newer kernels */

/* What a version begins with; 0 without a number. */
static __u64 first_number(const char *version)
{
	__u64 number = 0;

	text_scan(version, 10, &number);
	return number;
}

static char *debian_kernel(const struct distribution *distribution, const char *release,
			   bool for_pages)
{
	const char *flavour = strstr(release, "-arm64");
	const char *suite = distribution->codename;
	char *packages, *commands;

	flavour = flavour ? flavour + 1 : "arm64";
	packages = text_format("linux-image-%s linux-headers-%s", flavour, flavour);
	if (!distribution->version[0])
		commands = text_format("apt install %s", packages);
	else if (!for_pages && first_number(distribution->version) < 13)
		commands = text_copy("# Debian has such a kernel from 13 on, in its backports");
	else
		commands = text_format("# %s-backports has to be in sources.list(5)\n"
				       "apt update\napt install -t %s-backports %s",
				       suite[0] ? suite : "stable", suite[0] ? suite : "stable",
				       packages);
	free(packages);
	return commands;
}

/* Releases with long support get NVIDIA's kernels; those of 24.04 and older get newer ones, too. */
static char *ubuntu_kernel(const struct distribution *distribution, const char *release,
			   bool for_pages)
{
	__u64 year = first_number(distribution->version);

	(void)release;
	(void)for_pages;
	if (year % 2 || !strstr(distribution->version, ".04"))
		return text_copy("apt install linux-generic-64k");
	if (year > 24)
		return text_copy("apt install linux-nvidia-64k");
	return text_format("apt install linux-nvidia-64k-hwe-%s", distribution->version);
}

static char *fedora_kernel(const struct distribution *distribution, const char *release,
			   bool for_pages)
{
	const char *flavour = rhel_flavour(release);

	(void)distribution;
	(void)for_pages;
	if (!flavour)
		return text_copy("dnf upgrade kernel kernel-devel");
	return text_format("dnf upgrade kernel-%s kernel-%s-devel", flavour, flavour);
}

/* The kernel that is installed last is not always the default: that is for one flavour. */
static char *rhel_kernel(const struct distribution *distribution, const char *release,
			 bool for_pages)
{
	if (for_pages)
		return text_copy("dnf install kernel-64k kernel-64k-devel\n"
				 "grubby --set-default \"$(ls -v /boot/vmlinuz-*+64k | tail -n 1)\"");
	return fedora_kernel(distribution, release, for_pages);
}

static char *suse_kernel(const struct distribution *distribution, const char *release,
			 bool for_pages)
{
	const char *flavour = suse_flavour(release);
	char *packages, *commands;

	/* The version of those that roll on is a date. */
	if (!for_pages && first_number(distribution->version) < 1000)
		return text_format("# boot a kernel from 6.17 on; %s %s has none", distribution->id,
				   distribution->version);
	if (for_pages || !flavour)
		flavour = for_pages ? "64kb" : "default";
	packages = text_format("kernel-%s kernel-%s-devel", flavour, flavour);
	commands = text_format("%s %s%s",
			       for_pages ? distribution->facts->install :
					   distribution->facts->upgrade,
			       packages, distribution->facts->after_install ?: "");
	free(packages);
	return commands;
}

/* These conflict with each other. */
static char *azure_kernel(const struct distribution *distribution, const char *release,
			  bool for_pages)
{
	(void)distribution;
	(void)release;
	(void)for_pages;
	return text_copy("# put kernel-hwe in the place of this kernel, with kernel-hwe-devel");
}

/* --- the table */

#define DEBIAN_FIRMWARE { "/usr/share/qemu-efi-aarch64/QEMU_EFI.fd" }
#define FEDORA_FIRMWARE { "/usr/share/edk2/aarch64/QEMU_EFI.fd" }
#define SUSE_FIRMWARE { "/usr/share/qemu/qemu-uefi-aarch64.bin" }

static const struct distribution_facts table[] = {
	{
		.ids = " debian ",
		.install = "apt install",
		.reinstall = "apt install --reinstall",
		.headers = debian_headers,
		.modules = debian_modules,
		.newer_kernel = debian_kernel,
		.upgrade = "apt install",
		.qemu = "qemu-system-arm qemu-efi-aarch64",
		.qemu_program = "qemu-system-aarch64",
		.firmware = DEBIAN_FIRMWARE,
		.boot_loader = "update-grub",
		.initramfs = "update-initramfs -u -k all",
	}, {
		.ids = " ubuntu ",
		.install = "apt install",
		.reinstall = "apt install --reinstall",
		.headers = debian_headers,
		.modules = debian_modules,
		.newer_kernel = ubuntu_kernel,
		.upgrade = "apt install",
		.qemu = "qemu-system-arm qemu-efi-aarch64",
		.qemu_program = "qemu-system-aarch64",
		.firmware = DEBIAN_FIRMWARE,
		.boot_loader = "update-grub",
		.initramfs = "update-initramfs -u -k all",
		.flavour_order = true,
	}, {
		.ids = " rhel rocky almalinux centos ol ",
		.install = "dnf install",
		.reinstall = "dnf reinstall",
		.headers = fedora_headers,
		.modules = fedora_modules,
		.newer_kernel = rhel_kernel,
		.upgrade = "dnf upgrade",
		.qemu = "qemu-kvm edk2-aarch64",
		.qemu_program = "/usr/libexec/qemu-kvm",
		.firmware = FEDORA_FIRMWARE,
		.initramfs = "dracut --force --regenerate-all",
	}, {
		.ids = " fedora ",
		.install = "dnf install",
		.reinstall = "dnf reinstall",
		.headers = fedora_headers,
		.modules = fedora_modules,
		.newer_kernel = fedora_kernel,
		.upgrade = "dnf upgrade",
		.qemu = "qemu-system-aarch64 edk2-aarch64",
		.qemu_program = "qemu-system-aarch64",
		.firmware = FEDORA_FIRMWARE,
		.initramfs = "dracut --force --regenerate-all",
	}, {
		.ids = " sl-micro sle-micro opensuse-microos opensuse-leap-micro ",
		.install = "transactional-update pkg install",
		.after_install = "\nreboot",
		.reinstall = "transactional-update pkg install --force",
		.headers = suse_headers,
		.modules = suse_modules,
		.newer_kernel = suse_kernel,
		.upgrade = "transactional-update pkg update",
		.qemu = "qemu-arm qemu-uefi-aarch64",
		.qemu_program = "qemu-system-aarch64",
		.firmware = SUSE_FIRMWARE,
		.boot_loader = "transactional-update grub.cfg",
		.initramfs = "transactional-update initrd",
	}, {
		.ids = " suse sles sled opensuse opensuse-leap opensuse-tumbleweed ",
		.install = "zypper install",
		.reinstall = "zypper install --force",
		.headers = suse_headers,
		.modules = suse_modules,
		.newer_kernel = suse_kernel,
		.upgrade = "zypper update",
		.qemu = "qemu-arm qemu-uefi-aarch64",
		.qemu_program = "qemu-system-aarch64",
		.firmware = SUSE_FIRMWARE,
		.boot_loader = "grub2-mkconfig --output=/boot/grub2/grub.cfg",
		.initramfs = "dracut --force --regenerate-all",
	}, {
		.ids = " azurelinux mariner ",
		.install = "tdnf install",
		.reinstall = "tdnf reinstall",
		.headers = azure_headers,
		.modules = fedora_modules,
		.newer_kernel = azure_kernel,
		.upgrade = "tdnf update",
		.qemu = "qemu edk2-aarch64",
		.qemu_program = "qemu-system-aarch64",
		.firmware = FEDORA_FIRMWARE,
		.boot_loader = "grub2-mkconfig --output=/boot/grub2/grub.cfg",
		.initramfs = "dracut --force --regenerate-all",
	},
};

/* Nothing of it is in a command. */
const struct distribution_facts distribution_facts_unknown = {
	.ids = "",
	.qemu_program = "qemu-system-aarch64",
	.firmware = {
		"/usr/share/qemu-efi-aarch64/QEMU_EFI.fd", "/usr/share/edk2/aarch64/QEMU_EFI.fd",
		"/usr/share/qemu/qemu-uefi-aarch64.bin",
	},
};

const struct distribution_facts *distribution_facts_find(const char *id)
{
	const struct distribution_facts *found = NULL;
	char *word = text_format(" %s ", id);

	for (size_t i = 0; i < ARRAY_SIZE(table) && !found && id[0]; i++) {
		if (strstr(table[i].ids, word))
			found = &table[i];
	}
	free(word);
	return found;
}
