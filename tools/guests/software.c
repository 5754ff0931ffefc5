// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the QEMU and the libvirt of this host can do: they are asked.  Versions of QEMU tell
 * little, for distributions and NVIDIA take parts of newer ones.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/program.h"
#include "guests/software.h"

/* A line of help begins with spaces and the name, which "=" or the line's end follows. */
static bool has_name(const char *help, const char *name)
{
	size_t length = strlen(name);

	for (const char *line = help; line && *line; line = strchr(line, '\n')) {
		line += strspn(line, " \n");
		if (!strncmp(line, name, length) && strchr("= \n", line[length]))
			return true;
	}
	return false;
}

static int read_qemu(struct guest_software *software)
{
	const struct {
		const char *option;
		const char *what;
		const char *name;
		bool *has;
	} questions[] = {
		{ "-M", "virt,help", "highmem-mmio-size", &software->window },
		{ "-M", "virt,help", "ras", &software->ras },
		{ "-object", "help", "acpi-generic-initiator", &software->initiators },
		{ "-object", "help", "iommufd", &software->iommufd },
		{ "-device", "arm-smmuv3,help", "accel", &software->accel },
		{ "-device", "arm-smmuv3,help", "ats", &software->ats },
		{ "-device", "arm-smmuv3,help", "ril", &software->ril },
		{ "-device", "arm-smmuv3,help", "pasid", &software->pasid },
		{ "-device", "arm-smmuv3,help", "ssidsize", &software->ssidsize },
		{ "-device", "arm-smmuv3,help", "oas", &software->oas },
		{ "-device", "vfio-pci,help", "iommufd", &software->iommufd },
	};
	const char *asked = "";
	char *help = NULL;
	int ret = 0;

	for (size_t i = 0; i < ARRAY_SIZE(questions) && !ret; i++) {
		if (strcmp(asked, questions[i].what)) {
			const char *arguments[] = { software->program, questions[i].option,
						    questions[i].what, NULL };

			free(help);
			ret = program_answer(arguments, &help);
			asked = questions[i].what;
		}
		/* Two have to have iommufd. */
		if (!ret)
			*questions[i].has = has_name(help, questions[i].name) &&
				(*questions[i].has || strcmp(asked, "vfio-pci,help"));
	}
	free(help);
	return ret;
}

/* QEMU 10.0 can do that much. */
static void assume_qemu(struct guest_software *software, int error)
{
	*software = (struct guest_software){
		.program = software->program, .qemu_error = error,
		.window = true, .ras = true, .initiators = true, .iommufd = true,
	};
}

static int read_libvirt_version(struct text_version *version)
{
	static const char * const names[] = { "virtqemud", "libvirtd", "/usr/sbin/virtqemud",
					      "/usr/sbin/libvirtd" };
	int ret = -ENOENT;

	for (size_t i = 0; i < ARRAY_SIZE(names) && ret == -ENOENT; i++) {
		const char *arguments[] = { names[i], "--version", NULL };
		char *answer;

		ret = program_answer(arguments, &answer);
		if (!ret && !text_version(answer, version))
			ret = -EINVAL;
		free(answer);
	}
	return ret;
}

/* What libvirt could choose is in its answer, if it gives one: it may want root, or not run. */
static int read_libvirt_firmware(void)
{
	static const char * const arguments[] = {
		"virsh", "domcapabilities", "--arch", "aarch64", "--machine", "virt", NULL,
	};
	int has = -1;
	char *answer;

	if (!program_answer(arguments, &answer) && strstr(answer, "<domainCapabilities>"))
		has = !!strstr(answer, "<value>efi</value>");
	free(answer);
	return has;
}

void guest_software_read(struct guest_software *software, const struct distribution *distribution,
			 bool with_libvirt)
{
	int ret;

	*software = (struct guest_software){ .program = distribution->facts->qemu_program };
	ret = read_qemu(software);
	if (ret)
		assume_qemu(software, ret);
	software->libvirt_firmware = -1;
	if (!with_libvirt)
		return;
	software->libvirt_error = read_libvirt_version(&software->libvirt);
	if (!software->libvirt_error)
		software->libvirt_firmware = read_libvirt_firmware();
}

void guest_software_assume(struct guest_software *software)
{
	*software = (struct guest_software){
		.program = "QEMU", .window = true, .initiators = true, .iommufd = true,
		.accel = true, .libvirt_firmware = -1,
	};
}
