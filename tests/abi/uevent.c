// SPDX-License-Identifier: GPL-2.0-only
/* Reads the kernel's uevents, one message per recv(): strings, "NAME=value". */
#include <errno.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "tap.h"
#include "task.h"
#include "uevent.h"

/* The kernel's own, not those that udev has dealt with. */
#define KERNEL_GROUP 1

int uevent_open(void)
{
	struct sockaddr_nl address = {
		.nl_family = AF_NETLINK,
		.nl_groups = KERNEL_GROUP,
	};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC,
			NETLINK_KOBJECT_UEVENT);

	CHECK(fd >= 0, "no socket for uevents: %s", strerror(errno));
	CHECK_RET(tap_sys(bind(fd, (struct sockaddr *)&address,
			       sizeof(address))), 0);
	return fd;
}

/* The value of a variable in a message, NULL if it has none. */
static const char *value(const char *message, size_t len, const char *name)
{
	const char *at = message, *end = message + len;
	size_t name_len = strlen(name);

	for (; at < end; at += strlen(at) + 1) {
		if (!strncmp(at, name, name_len) && at[name_len] == '=')
			return at + name_len + 1;
	}
	return NULL;
}

static bool about(const char *message, size_t len, const char *bdf)
{
	const char *subsystem = value(message, len, "SUBSYSTEM");
	const char *slot = value(message, len, "PCI_SLOT_NAME");

	return subsystem && !strcmp(subsystem, "pci") && slot &&
		!strcmp(slot, bdf);
}

void uevent_next(int fd, const char *bdf, long timeout_ms, char *text,
		 size_t len)
{
	long until = task_now_ms() + timeout_ms, left;
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };
	const char *action, *event;
	char message[8192];
	ssize_t got;

	*text = '\0';
	while ((left = until - task_now_ms()) > 0) {
		if (poll(&pollfd, 1, left) <= 0)
			continue;
		got = recv(fd, message, sizeof(message) - 1, 0);
		CHECK(got > 0, "uevents: %s", strerror(errno));
		message[got] = '\0';
		if (!about(message, got, bdf))
			continue;
		action = value(message, got, "ACTION");
		event = value(message, got, "NVGRACE_GPU_EVENT");
		snprintf(text, len, "%s%s%s", action, event ? " " : "",
			 event ?: "");
		return;
	}
}
