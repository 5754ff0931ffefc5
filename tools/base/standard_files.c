// SPDX-License-Identifier: GPL-2.0-only
/*
 * Standard input, output and error.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/standard_files.h"

void standard_files_open(void)
{
	/* Kept until the end. */
	static int files[STDERR_FILENO + 1];

	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		/* Anything that takes the place, where there is no /dev. */
		files[fd] = open("/dev/null", O_RDWR);
		if (files[fd] < 0)
			files[fd] = open("/", O_PATH);
		if (files[fd] != fd)
			exit(EX_OSERR);
	}
}
