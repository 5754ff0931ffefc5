// SPDX-License-Identifier: GPL-2.0-only
/*
 * A virtual machine for GPUs: the plan of it, and what is in its way.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/tree.h"
#include "guests/guest.h"

void guest_refuse(struct guest *guest, const char *format, ...)
{
	va_list arguments;

	if (guest->refusal)
		return;
	va_start(arguments, format);
	if (vasprintf(&guest->refusal, format, arguments) < 0)
		abort();
	va_end(arguments);
}

/* libvirt binds the GPU itself. */
static void check_gpus(struct guest *guest, const struct gpus *gpus)
{
	for (size_t i = 0; i < gpus->count && guest->options->form != FORM_LIBVIRT; i++) {
		const struct gpu *gpu = &gpus->gpus[i];

		if (gpu->origin == GPU_UNBOUND)
			guest_refuse(guest, "%s has no driver: nvgrace-gpu bind %s", gpu->pci.bdf,
				     gpu->pci.bdf);
		else if (gpu->origin == GPU_OF_OTHERS)
			guest_refuse(guest, "%s is bound to %s, which does not give its memory to a guest: nvgrace-gpu bind %s",
				     gpu->pci.bdf, gpu->pci.driver, gpu->pci.bdf);
	}
}

static void check_software(struct guest *guest)
{
	if (guest->words.nodes && !guest->software.initiators)
		guest_refuse(guest, "this QEMU is too old: it has no acpi-generic-initiator (9.0), and the guest's GPU driver no NUMA nodes for the memory");
}

/* Without UEFI a guest knows nothing of ACPI, and has no nodes. */
static void plan_firmware(struct guest *guest, const struct host *host)
{
	const char *wanted = guest->options->firmware;
	const char *found = distribution_firmware(&host->distribution);
	bool libvirt = guest->options->form == FORM_LIBVIRT;

	if (guest->options->form == FORM_KUBEVIRT || guest->options->form == FORM_NOVA)
		return;
	if (wanted && !tree_exists("%s", wanted))
		guest_refuse(guest, "%s is not there", wanted);
	else if (!wanted && libvirt && guest->software.libvirt_firmware > 0)
		return;
	else if (!wanted && (!found || (libvirt && !guest->software.libvirt_firmware)))
		guest_refuse(guest, "there is no UEFI firmware for arm64 guests%s: install %s, or say --firmware FILE",
			     libvirt ? " that libvirt knows" : "",
			     host->distribution.facts->qemu ?: "it");
	if (wanted || !libvirt)
		guest->firmware = wanted ?: found;
}

static void check_hugepages(struct guest *guest)
{
	char free_pages[32], size[32];
	__u64 pages = 0, kib = 0;
	char *text;

	if (!guest->options->hugepages)
		return;
	if (tree_read_all(&text, 1 << 16, "/proc/meminfo") < 0 ||
	    !text_field(text, "HugePages_Free:", free_pages, sizeof(free_pages)) ||
	    !text_field(text, "Hugepagesize:", size, sizeof(size)) ||
	    !text_scan(free_pages, 10, &pages) || !text_scan(size, 10, &kib) || !kib)
		guest_refuse(guest, "this host has no huge pages");
	else if (pages < guest->options->memory / (kib << 10))
		guest_refuse(guest, "%llu huge pages of %llu KiB are free, and %llu are wanted: sysctl vm.nr_hugepages=%llu",
			     pages, kib, guest->options->memory / (kib << 10),
			     guest->options->memory / (kib << 10));
	guest->hugepage = kib << 10;
	free(text);
}

static void check_devices(struct guest *guest)
{
	const char *network = guest->options->network;
	const char *disk = guest->options->disk;

	if (disk && !tree_exists("%s", disk))
		guest_refuse(guest, "%s is not there", disk);
	if (network && strcmp(network, "user") &&
	    !tree_exists("/sys/class/net/%s/bridge", network))
		guest_refuse(guest, "%s is no bridge of this host", network);
}

bool guest_plan(struct guest *guest, const struct gpus *gpus, const struct guest_options *options)
{
	struct host host;

	host_read(&host);
	*guest = (struct guest){ .options = options };
	/* Its pods have their own. */
	if (options->form == FORM_KUBEVIRT)
		guest_software_assume(&guest->software);
	else
		guest_software_read(&guest->software, &host.distribution,
				    options->form != FORM_QEMU);
	if (gpus->count > GUEST_GPUS_MAX) {
		guest_refuse(guest, "one guest can have %d GPUs: QEMU has no more NUMA nodes",
			     GUEST_GPUS_MAX);
		return false;
	}
	guest_plan_words(guest, gpus);
	check_gpus(guest, gpus);
	check_software(guest);
	check_hugepages(guest);
	check_devices(guest);
	plan_firmware(guest, &host);
	guest_plan_iommu(guest, &host, gpus);
	guest_plan_places(guest, gpus);
	guest_plan_window(guest, gpus);
	return !guest->refusal;
}

static void note_unsaid(const char *sentence)
{
	fprintf(stderr, "nvgrace-gpu: %s\n", sentence);
}

void guest_print(const struct guest *guest)
{
	static void (* const printers[])(const struct guest *guest) = {
		[FORM_QEMU] = guest_print_qemu,
		[FORM_LIBVIRT] = guest_print_libvirt,
		[FORM_KUBEVIRT] = guest_print_kubevirt,
		[FORM_NOVA] = guest_print_nova,
	};

	printers[guest->options->form](guest);
	guest_unsaid(guest, note_unsaid);
}

const char *guest_size(char *buffer, size_t size, __u64 bytes)
{
	bool whole = bytes % GIB == 0;

	snprintf(buffer, size, "%llu%c", bytes / (whole ? GIB : MIB), whole ? 'G' : 'M');
	return buffer;
}

const char *guest_disk_format(const char *disk)
{
	char start[5] = "";

	tree_read(start, sizeof(start), "%s", disk);
	return memcmp(start, "QFI\xfb", 4) ? "raw" : "qcow2";
}
