/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Device properties in the firmware's ACPI tables.
 */
#ifndef ACPI_H
#define ACPI_H

#include <stddef.h>

#include <linux/types.h>

/**
 * struct acpi_property - where a property was found
 * @named: how often its name is there
 * @valued: how often there is a constant integer with it
 * @values: the first of those
 */
struct acpi_property {
	size_t named;
	size_t valued;
	__u64 values[16];
};

/* Adds what one table has of a property: packages of its name and a constant. */
void acpi_property_find(struct acpi_property *property, const char *name, const __u8 *table,
			size_t length);

/* Adds what all tables have; 0, or why they cannot be read, which takes root. */
int acpi_property_read(struct acpi_property *property, const char *name);

#endif /* ACPI_H */
