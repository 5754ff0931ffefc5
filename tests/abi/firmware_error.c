// SPDX-License-Identifier: GPL-2.0-only
/* ACPI 6.5, 18.3.2.8 (GHESv2) and UEFI 2.10, N.2.5 (memory error section). */
#include <string.h>

#include "firmware_error.h"
#include "tap.h"

#define RECOVERABLE 0
/* One entry, an uncorrectable error. */
#define BLOCK_STATUS 0x11
#define ENTRY_REVISION 0x300
#define PHYSICAL_ADDRESS_VALID 0x2

/* Little-endian, as this host is.  64-bit fields are not aligned: see @entry. */
struct record {
	struct {
		u32 status;
		u32 raw_offset;
		u32 raw_length;
		u32 length;
		u32 severity;
	} block;
	struct {
		u8 type[16];
		u32 severity;
		u16 revision;
		u8 valid;
		u8 flags;
		u32 length;
		u8 fru[36];
		u32 timestamp[2];
	} entry;
	struct {
		u32 valid[2];
		u32 status[2];
		u32 address[2];
		u8 unused[56];
	} memory;
};

/* a5bc1114-6f64-4ede-b863-3e83ed7c83b1, as a GUID is stored. */
static const u8 memory_section[16] = {
	0x14, 0x11, 0xbc, 0xa5, 0x64, 0x6f, 0xde, 0x4e,
	0xb8, 0x63, 0x3e, 0x83, 0xed, 0x7c, 0x83, 0xb1,
};

/* RFC 4648; @to has room for 4 characters for each 3 bytes, and the end. */
static void base64(char *to, const u8 *from, size_t count)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t i, left;
	u32 bits;

	for (i = 0; i < count; i += 3) {
		left = count - i;
		bits = from[i] << 16 | (left > 1 ? from[i + 1] << 8 : 0) |
		       (left > 2 ? from[i + 2] : 0);
		*to++ = digits[bits >> 18];
		*to++ = digits[bits >> 12 & 63];
		*to++ = left > 1 ? digits[bits >> 6 & 63] : '=';
		*to++ = left > 2 ? digits[bits & 63] : '=';
	}
	*to = '\0';
}

void firmware_error_memory(u64 address)
{
	struct record record = {
		.block = {
			.status = BLOCK_STATUS,
			.length = sizeof(record.entry) + sizeof(record.memory),
			.severity = RECOVERABLE,
		},
		.entry = {
			.severity = RECOVERABLE,
			.revision = ENTRY_REVISION,
			.length = sizeof(record.memory),
		},
		.memory = {
			.valid = { PHYSICAL_ADDRESS_VALID },
			.address = { address, address >> 32 },
		},
	};
	char text[4 * sizeof(record) / 3 + 5];

	memcpy(record.entry.type, memory_section, sizeof(memory_section));
	base64(text, (const u8 *)&record, sizeof(record));
	/* The rig gives such lines to QEMU: see tests/rig/qmp.sh. */
	tap_note("qmp: {\"execute\": \"inject-ghes-v2-error\", \"arguments\": {\"cper\": \"%s\"}}",
		 text);
}
