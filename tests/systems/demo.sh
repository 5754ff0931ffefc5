# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# systems: none, unless asked for: this is what make demo shows.

# shellcheck source-path=SCRIPTDIR source=lib/packages.sh
. "$SYSTEM_TESTS/lib/packages.sh"

disk demo
boot demo demo-install
boot demo demo-use
