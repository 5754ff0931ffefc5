# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# long: trixie
# minutes: 5
#
# GPUs for KVM guests as an operator gives them, with the packages and what Debian has:
# by libvirt, and by QEMU.

# shellcheck source-path=SCRIPTDIR source=lib/packages.sh
. "$SYSTEM_TESTS/lib/packages.sh"
# shellcheck source-path=SCRIPTDIR source=lib/guests.sh
. "$SYSTEM_TESTS/lib/guests.sh"

# The least that is emulated: KVM of these kernels does not ask for more.
: "${RIG_CPU:=neoverse-n1}"

installed_disk guest
SCENARIO=$SYSTEM_TESTS/guests.conf
share_greedy "$(system_kernel "$SYSTEM")"
share_guest "$(system_kernel "$SYSTEM")"
boot guest guest
