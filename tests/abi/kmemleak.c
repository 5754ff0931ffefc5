// SPDX-License-Identifier: GPL-2.0-only
/* What all programs before it have left. */
#include "leaks.h"
#include "program.h"

static const struct tap_test tests[] = {
	{ "D9.1 nothing of the driver's or VFIO's memory was lost", leaks_check, 600 },
};

int main(int argc, char **argv)
{
	return program_run(argc, argv, tests, TAP_COUNT(tests));
}
