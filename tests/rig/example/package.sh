# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Packages of one's own, installed in a Debian with a GPU. Each boot runs a phase.

: "${SYSTEM:?}" "${SYSTEM_WORK:?}" "${SYSTEM_SHARE:?}" "${SYSTEM_TESTS:?}"

cp "$SYSTEM_TESTS"/*.deb "$SYSTEM_SHARE"
# What they need of Debian's, beyond what is in the system.
system_archive libjson-c5
system_disk_new "$SYSTEM" "$SYSTEM_WORK/disk.qcow2"

boot() {
  system_boot "$SYSTEM" "$SYSTEM_WORK/disk.qcow2" "$SYSTEM_TESTS/example.conf" "$(system_release "$SYSTEM")" \
    "$SYSTEM_TESTS/phases/$1.sh"
}

boot install
boot use
