# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Installation, for what comes after it.

# shellcheck source-path=SCRIPTDIR source=checks.sh
. /rig/phases/checks.sh

tap_check "the repository is taken with its key" add_repository
tap_check "the package installs" install_package "$current"
tap_done
