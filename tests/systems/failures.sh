# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# long: trixie
# minutes: 4
#
# What can go wrong when the package is installed.

# shellcheck source-path=SCRIPTDIR source=lib/packages.sh
. "$SYSTEM_TESTS/lib/packages.sh"

share_headers
# A package that has nothing to do with ours.
mkdir --parents "$SYSTEM_WORK/other/DEBIAN" "$SYSTEM_SHARE/other"
printf '%s\n' 'Package: other' 'Version: 1' 'Architecture: all' 'Maintainer: Test <test@packages.invalid>' \
  'Description: for a test' >"$SYSTEM_WORK/other/DEBIAN/control"
root_enter dpkg-deb --root-owner-group --build "$SYSTEM_WORK/other" "$SYSTEM_SHARE/other/other.deb"

disk failures
boot failures failures
