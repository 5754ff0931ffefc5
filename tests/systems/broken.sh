# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# long: trixie
# minutes: 20
#
# Hosts that are broken, one way after the other: doctor names the cause, and what it
# prints mends it.

# shellcheck source-path=SCRIPTDIR source=lib/packages.sh
. "$SYSTEM_TESTS/lib/packages.sh"
# shellcheck source-path=SCRIPTDIR source=lib/guests.sh
. "$SYSTEM_TESTS/lib/guests.sh"

# The least that is emulated: KVM of these kernels does not ask for more.
: "${RIG_CPU:=neoverse-n1}"

installed_disk broken
SCENARIO=$SYSTEM_TESTS/guest.conf
share_greedy "$(system_kernel "$SYSTEM")"
share_guest "$(system_kernel "$SYSTEM")"
share_headers
boot broken broken
