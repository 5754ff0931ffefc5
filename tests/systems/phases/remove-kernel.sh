# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The old kernel goes, and what was built for it.

# shellcheck source-path=SCRIPTDIR source=checks.sh
. /rig/phases/checks.sh

old=$(cat /rig/archive/old-release)

tap_check "the old kernel is removed" apt-get --yes purge "linux-image-$old" "linux-headers-$old"
tap_check "the module is there for the new one only" dkms_has "$current" "$kernel"
tap_check "none of it is left for the old one" bash -c "! find '/lib/modules/$old' -name '$module*' 2>/dev/null | grep ."
tap_done
