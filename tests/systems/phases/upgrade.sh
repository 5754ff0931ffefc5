# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Upgrade while a GPU is in use.

# shellcheck source-path=SCRIPTDIR source=checks.sh
. /rig/phases/checks.sh

upgrade() {
  install_package "$next"
}

# Not by tap_check: the program has to be a child of this shell.
hold 1 >/tmp/hold
tap_check "a GPU is in use" grep --quiet held /tmp/hold
tap_check "the package can be upgraded" upgrade
tap_check "the new version is in the DKMS tree, the old one is not" dkms_has "$next" "$kernel"
tap_check "all files are the new version's" package_is "$next"
tap_check "the loaded module is left alone" loaded_version_is "$current"
tap_check "it is said so" says /tmp/apt "version $current stays loaded until the next boot"
tap_check "the GPU is still bound" driver_is 1 "$driver"
let_go
tap_check "who uses it did not notice" test "$?" -eq 0
tap_check "the package manager has nothing to complain about" manager_is_healthy
tap_done
