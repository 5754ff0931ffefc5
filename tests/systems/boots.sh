# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# about:   the system as made by the rig: it comes up whole, sees the GPU, and its
#          disk and its firmware's variables keep what is written to them
# systems: none, unless asked for: all others need of a system what this asks of it
# minutes: 2

disk=$SYSTEM_WORK/disk.qcow2
release=$(system_release "$SYSTEM")

system_disk_new "$SYSTEM" "$disk"
system_boot "$SYSTEM" "$disk" "$SYSTEM_TESTS/one-gpu.conf" "$release" "$SYSTEM_TESTS/phases/boots-first.sh"
system_boot "$SYSTEM" "$disk" "$SYSTEM_TESTS/one-gpu.conf" "$release" "$SYSTEM_TESTS/phases/boots-again.sh"
