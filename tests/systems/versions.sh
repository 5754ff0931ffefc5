# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# long: trixie bookworm
# minutes: 9
#
# The package is upgraded and removed while a GPU is in use.

# shellcheck source-path=SCRIPTDIR source=lib/packages.sh
. "$SYSTEM_TESTS/lib/packages.sh"
share_greedy "$(system_kernel "$SYSTEM")"

disk versions
boot versions install
# What DKMS of bookworm makes of other versions is seen in tests/packages/deb.sh, in a
# fraction of the time.
if [ "$SYSTEM" = trixie ]; then
  boot versions upgrade
  boot versions upgraded+remove
else
  boot versions remove
fi
