# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A host with our packages and Debian's QEMU is broken, and mended as doctor says, again
# and again; in one boot, because each is quicker than that.

# shellcheck source-path=SCRIPTDIR source=guests.sh
. /rig/phases/guests.sh
# shellcheck source-path=SCRIPTDIR source=breaking.sh
. /rig/phases/breaking.sh

install_tool() {
  apt_quietly install "/rig/repo/apt/pool/nvgrace-gpu-tools_${current}_arm64.deb"
}

tap_check "the tool installs from its file" install_tool
tap_check "a host without a problem" mend
for part in driver host; do
  # shellcheck source=/dev/null
  . "/rig/phases/broken-$part.sh"
done
tap_done
