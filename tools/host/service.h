/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What has started a process, and would start it again.
 */
#ifndef SERVICE_H
#define SERVICE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The service of systemd's that a process is, fit for commands; empty if it is none.  Whether it
 * is in a container.
 */
bool service_of(int pid, const char *command, char *service, size_t size);

#endif /* SERVICE_H */
