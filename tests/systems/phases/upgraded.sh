# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# After a boot with the new version: back to the old one, and change over at once.

# shellcheck source-path=SCRIPTDIR source=checks.sh
. /rig/phases/checks.sh

# The commands that the message names, as they stand there.
change_over() {
  sed --quiet 's/.*when no GPU is in use, run: //p' /tmp/apt >/tmp/commands
  cat /tmp/commands
  [ -s /tmp/commands ] && bash -e /tmp/commands
}

tap_check "the new version is loaded" loaded_version_is "$next"
tap_check "GPU 1 is bound" driver_is 1 "$driver"
tap_check "GPU 2 is bound" driver_is 2 "$driver"
tap_check "the package can be downgraded" install_package "$current"
tap_check "the old version is in the DKMS tree, the new one is not" dkms_has "$current" "$kernel"
tap_check "all files are the old version's" package_is "$current"
tap_check "the loaded module is left alone" loaded_version_is "$next"
tap_check "the commands that are named change over" change_over
tap_check "then the old version is loaded" loaded_version_is "$current"
tap_check "GPU 1 is bound again" driver_is 1 "$driver"
tap_check "GPU 2 is bound again" driver_is 2 "$driver"
tap_check "no unit failed" no_unit_failed
tap_done
