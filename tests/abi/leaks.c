// SPDX-License-Identifier: GPL-2.0-only
/* kmemleak, see Documentation/dev-tools/kmemleak.rst. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "host.h"
#include "leaks.h"
#include "tap.h"
#include "task.h"

#define KMEMLEAK_FILE "/sys/kernel/debug/kmemleak"
/* It takes nothing for lost that is younger. */
#define AGE_MS 5500

static bool names_ours(const char *line)
{
	return strstr(line, "[nvgrace_gpu_vfio_pci]") || strstr(line, "[vfio");
}

void leaks_check(void)
{
	char line[256], object[256] = "";
	unsigned int ours = 0, lines = 0;
	bool is_ours = false;
	FILE *file;

	task_sleep_ms(AGE_MS);
	/* What was on its way from one place to another is found by the second scan. */
	CHECK_RET(host_write(KMEMLEAK_FILE, "scan"), 0);
	CHECK_RET(host_write(KMEMLEAK_FILE, "scan"), 0);
	file = fopen(KMEMLEAK_FILE, "r");
	CHECK(file, KMEMLEAK_FILE ": %s", strerror(errno));
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		lines++;
		if (!strncmp(line, "unreferenced", 12)) {
			snprintf(object, sizeof(object), "%s", line);
			is_ours = false;
		} else if (!is_ours && names_ours(line)) {
			is_ours = true;
			ours++;
			tap_note("%s:%s", object, line);
		}
	}
	fclose(file);
	tap_note("%u lines of kmemleak in all", lines);
	CHECK(!ours, "%u objects are lost", ours);
}
