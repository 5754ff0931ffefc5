// SPDX-License-Identifier: GPL-2.0-only
/* Has KCSAN watch from now on, and tell of the driver's functions only. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "host.h"
#include "program.h"

#define KCSAN "/sys/kernel/debug/kcsan"

/* Accesses of a CPU, of all of the kernel, from one that is watched to the next. */
#define SKIP "400"

static unsigned int watch_functions(void)
{
	FILE *symbols = fopen("/proc/kallsyms", "r");
	char line[512], name[256], module[64], kind, command[384];
	unsigned int count = 0;

	CHECK(symbols, "/proc/kallsyms: %m");
	while (fgets(line, sizeof(line), symbols)) {
		if (sscanf(line, "%*x %c %255s [%63[^]]]", &kind, name, module) != 3 ||
		    strcmp(module, DRIVER) || !strchr("tT", kind) || *name == '$')
			continue;
		/* with the module's name: others have functions of such names */
		snprintf(command, sizeof(command), "!%s:%s", module, name);
		CHECK_RET(host_write(KCSAN, command), 0);
		count++;
	}
	fclose(symbols);
	return count;
}

static void watch(void)
{
	unsigned int count = watch_functions();

	CHECK(count > 100, "the kernel knows %u functions of the driver", count);
	CHECK_RET(host_write(KCSAN, "whitelist"), 0);
	CHECK_RET(host_write("/sys/module/kcsan/parameters/skip_watch", SKIP), 0);
	CHECK_RET(host_write(KCSAN, "on"), 0);
	tap_note("%u functions are watched", count);
}

static const struct tap_test tests[] = {
	{ "D9.1 KCSAN watches the driver for data races", watch, 60 },
};

int main(int argc, char **argv)
{
	return program_run(argc, argv, tests, TAP_COUNT(tests));
}
