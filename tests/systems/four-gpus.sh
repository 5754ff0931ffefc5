# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# long: trixie
# minutes: 8
#
# From a bare host to a guest with four GPUs, by the operator's guide.

# shellcheck source-path=SCRIPTDIR source=lib/packages.sh
. "$SYSTEM_TESTS/lib/packages.sh"
# shellcheck source-path=SCRIPTDIR source=lib/guests.sh
. "$SYSTEM_TESTS/lib/guests.sh"

# The least that is emulated: KVM of these kernels does not ask for more.
: "${RIG_CPU:=neoverse-n1}"

disk four-gpus
SCENARIO=$SYSTEM_TESTS/four-gpus.conf
share_guest "$(system_kernel "$SYSTEM")"
boot four-gpus four-gpus
