# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only

# shellcheck source-path=SCRIPTDIR/../../.. source=tap.sh
. /rig/tap.sh

tap_check "the package is installed" apt-get --yes install /rig/*.deb
tap_done
