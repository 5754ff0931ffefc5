# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# systems: trixie bookworm
#
# The package from installation to purge, over boots.

# shellcheck source-path=SCRIPTDIR source=lib/packages.sh
. "$SYSTEM_TESTS/lib/packages.sh"
share_greedy "$(system_kernel "$SYSTEM")"

disk installed
boot installed install
disk choices installed
boot choices booted
boot choices choices
boot choices chosen

disk versions installed
boot versions upgrade
boot versions upgraded
boot versions remove
