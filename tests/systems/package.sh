# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# systems: trixie
# long: bookworm
# minutes: 5
#
# The package is installed, and what udev binds then, over boots.

# shellcheck source-path=SCRIPTDIR source=lib/packages.sh
. "$SYSTEM_TESTS/lib/packages.sh"
share_greedy "$(system_kernel "$SYSTEM")"

disk choices
boot choices install
boot choices booted+choices
boot choices chosen
