# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only

# shellcheck source-path=SCRIPTDIR/../../.. source=tap.sh
. /rig/tap.sh

add_archive() {
  echo 'deb [trusted=yes] file:/rig/archive ./' >/etc/apt/sources.list.d/archive.list && apt-get update
}
tap_check "Debian's packages are there" add_archive
tap_check "the packages are installed" apt-get --yes install /rig/*.deb
tap_done
