// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz target: the tool's search for a message in the kernel's log.
 */
#include "fuzz.h"
#include "host/kernel_log.h"

int fuzz_one_input(const __u8 *data, size_t size)
{
	char *text = malloc(size + 1);
	char message[8];

	memcpy(text, data, size);
	text[size] = 0;
	if (kernel_log_error(text, "a: ", message, sizeof(message))) {
		FUZZ_CHECK(strlen(message) < sizeof(message) ? NULL : "a message is too long", "%s",
			   text);
		FUZZ_CHECK(strstr(text, ";a: ") ? NULL : "a message is not in the log", "%s", text);
	}
	free(text);

	return 0;
}
