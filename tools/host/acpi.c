// SPDX-License-Identifier: GPL-2.0-only
/*
 * Device properties in the firmware's ACPI tables.  Only the kernel runs their code;
 * here constants next to the name are looked for: Package () { "name", constant }.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/tree.h"
#include "host/acpi.h"

#define TABLE_MAX (16 << 20)

/* AML opcodes, ACPI 6.5, 20.3. */
enum {
	AML_ZERO = 0x00,
	AML_ONE = 0x01,
	AML_BYTE = 0x0a,
	AML_WORD = 0x0b,
	AML_DWORD = 0x0c,
	AML_QWORD = 0x0e
};

static int integer(const __u8 *aml, size_t length, __u64 *value)
{
	static const __u8 sizes[] = {
		[AML_ZERO] = 0, [AML_ONE] = 0,	 [AML_BYTE] = 1,
		[AML_WORD] = 2, [AML_DWORD] = 4, [AML_QWORD] = 8,
	};
	size_t size;

	if (!length || aml[0] >= sizeof(sizes) || (aml[0] > AML_ONE && !sizes[aml[0]]))
		return -EINVAL;
	size = sizes[aml[0]];
	if (length - 1 < size)
		return -EINVAL;
	*value = size ? 0 : aml[0];
	while (size--)
		*value = *value << 8 | aml[1 + size];
	return 0;
}

void acpi_property_find(struct acpi_property *property, const char *name, const __u8 *table,
			size_t length)
{
	size_t size = strlen(name) + 1;
	const __u8 *end = table + length;
	const __u8 *found = table;

	/* With the NUL behind it, which AML has too. */
	while (length && (found = memmem(found, end - found, name, size))) {
		__u64 value;

		found += size;
		property->named++;
		if (integer(found, end - found, &value))
			continue;
		if (property->valued < ARRAY_SIZE(property->values))
			property->values[property->valued] = value;
		property->valued++;
	}
}

int acpi_property_read(struct acpi_property *property, const char *name)
{
	struct tree_names tables;
	int ret = tree_list(&tables, "/sys/firmware/acpi/tables");

	for (size_t i = 0; i < tables.count; i++) {
		char *table;
		long length;

		if (strcmp(tables.names[i], "DSDT") && strncmp(tables.names[i], "SSDT", 4))
			continue;
		length = tree_read_all(&table, TABLE_MAX, "/sys/firmware/acpi/tables/%s",
				       tables.names[i]);
		if (length < 0)
			ret = length;
		else
			acpi_property_find(property, name, (const __u8 *)table, length);
		free(table);
	}
	tree_names_free(&tables);
	return ret;
}
