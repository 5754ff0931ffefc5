# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# systems: trixie
# long: bookworm
# minutes: 9
#
# The package from installation to purge, over boots.

# shellcheck source-path=SCRIPTDIR source=lib/packages.sh
. "$SYSTEM_TESTS/lib/packages.sh"
share_greedy "$(system_kernel "$SYSTEM")"

disk installed
boot installed install
disk choices installed
boot choices booted+choices
boot choices chosen

disk versions installed
# What DKMS of bookworm makes of other versions is seen in tests/packages/deb.sh, in a
# fraction of the time.
if [ "$SYSTEM" = trixie ]; then
  boot versions upgrade
  boot versions upgraded+remove
else
  boot versions remove
fi
