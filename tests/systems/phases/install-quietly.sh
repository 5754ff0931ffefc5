# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Installation from a package that is at hand, for what comes after it.

# shellcheck source-path=SCRIPTDIR source=checks.sh
. /rig/phases/checks.sh

cd /rig/repo/apt/pool || exit
tap_check "the package installs from its file" apt_quietly install "linux-headers-$kernel" "./${package}_${current}_all.deb" "./${common}_${current}_all.deb"
tap_check "the module is there" dkms_has "$current" "$kernel"
tap_done
