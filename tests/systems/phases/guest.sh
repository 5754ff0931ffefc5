# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A host with our packages, Debian's QEMU and libvirt, and everything that an operator
# does with its GPUs; in one boot, because each part is quicker than that.

# shellcheck source-path=SCRIPTDIR source=guests.sh
. /rig/phases/guests.sh

install_tool() {
  apt_quietly install "/rig/repo/apt/pool/nvgrace-gpu-tools_${current}_arm64.deb"
}

tap_check "the tool installs from its file" install_tool
for part in tool qemu smmu libvirt; do
  # shellcheck source=/dev/null
  . "/rig/phases/guest-$part.sh"
done
tap_check "every line of the operator's guide was run" all_of_guide_was_run
tap_done
