// SPDX-License-Identifier: GPL-2.0-only
/*
 * What somebody wants of a virtual machine.
 */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"
#include "guests/options.h"

/* Enough to look at a GPU with. */
const struct guest_options guest_options_default = {
	.memory = 16 * GIB, .cpus = 8, .release = { .major = 1, .minor = 9 },
};

/* More than a Grace has. */
#define MEMORY_MAX (16 * 1024 * GIB)
#define MEMORY_MIN (256 * MIB)

/* As QEMU has it: 512M, 16G, 1T. */
static const char *take_memory(struct guest_options *options, const char *value)
{
	const char *end = text_scan(value, 10, &options->memory);
	__u64 unit = 0;

	if (end && end[0] && !end[1])
		unit = *end == 'M' ? MIB : *end == 'G' ? GIB : *end == 'T' ? 1024 * GIB : 0;
	if (!unit)
		return "a number and M, G or T, such as 16G, is wanted";
	if (options->memory > MEMORY_MAX / unit || options->memory * unit < MEMORY_MIN)
		return "from 256M to 16T are possible";
	options->memory *= unit;
	return NULL;
}

static const char *take_cpus(struct guest_options *options, const char *value)
{
	__u64 number;

	if (text_number(value, &number) || !number || number > GUEST_CPUS_MAX)
		return "a number from 1 to 512 is wanted";
	options->cpus = number;
	return NULL;
}

/* It is printed as it is, for a shell, for QEMU and in XML. */
static const char *take_word(const char **word, const char *value, const char *also)
{
	static const char plain[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._+-";
	const char *character = value;

	while (*character && (strchr(plain, *character) || strchr(also, *character)))
		character++;
	if (*character || !value[0] || value[0] == '-')
		return "letters, digits and ._+- are wanted";
	*word = value;
	return NULL;
}

static const char *take_file(const char **file, const char *value)
{
	if (value[0] != '/')
		return "the whole path of a file is wanted";
	return take_word(file, value, "/:@") ? "letters, digits and ._+-/:@ are wanted" : NULL;
}

static const char *take_release(struct guest_options *options, const char *value)
{
	options->release_given = true;
	if (!text_version(value, &options->release) || !options->release.major)
		return "a version of KubeVirt, such as 1.9, is wanted: 1.0 or newer";
	return NULL;
}

static const char *take_choice(const char *const names[], unsigned int count,
			       unsigned int *choice, const char *value)
{
	for (*choice = 0; *choice < count; (*choice)++) {
		if (!strcmp(value, names[*choice]))
			return NULL;
	}
	return "there is no such choice";
}

const char *guest_option(struct guest_options *options, const char *name, const char *value)
{
	static const char * const iommufd[] = { "auto", "yes", "no" };
	static const char * const smmu[] = { "auto", "accel", "emulated", "none" };
	unsigned int choice = 0;
	const char *wrong = NULL;

	options->given = true;
	if (!strcmp(name, "memory")) {
		wrong = take_memory(options, value);
	} else if (!strcmp(name, "cpus")) {
		wrong = take_cpus(options, value);
	} else if (!strcmp(name, "name")) {
		wrong = take_word(&options->name, value, "");
	} else if (!strcmp(name, "disk")) {
		wrong = take_file(&options->disk, value);
	} else if (!strcmp(name, "network")) {
		wrong = take_word(&options->network, value, "");
	} else if (!strcmp(name, "firmware")) {
		wrong = take_file(&options->firmware, value);
	} else if (!strcmp(name, "iommufd")) {
		wrong = take_choice(iommufd, ARRAY_SIZE(iommufd), &choice, value);
		options->iommufd = choice;
	} else if (!strcmp(name, "smmu")) {
		wrong = take_choice(smmu, ARRAY_SIZE(smmu), &choice, value);
		options->smmu = choice;
	} else if (!strcmp(name, "claim")) {
		wrong = take_word(&options->claim, value, "");
	} else if (!strcmp(name, "release")) {
		wrong = take_release(options, value);
	} else if (!strcmp(name, "hugepages")) {
		options->hugepages = true;
	}
	return wrong;
}
