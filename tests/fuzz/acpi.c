// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz target: the tool's search for a property in an ACPI table.
 */
#include "host/acpi.h"
#include "fuzz.h"

int fuzz_one_input(const __u8 *data, size_t size)
{
	struct acpi_property property = {};
	/* In memory of just that size, so that a byte too far is found. */
	__u8 *table = malloc(size);

	if (size)
		memcpy(table, data, size);
	/* Short, or it would never be there. */
	acpi_property_find(&property, "ab", table, size);
	free(table);
	FUZZ_CHECK(property.valued > property.named ? "more values than names" : NULL, "%zu %zu",
		   property.valued, property.named);

	return 0;
}
