# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# long: trixie
# minutes: 8
#
# A newer kernel is installed, booted, and the old one removed; then dracut takes the
# place of initramfs-tools.

# shellcheck source-path=SCRIPTDIR source=lib/packages.sh
. "$SYSTEM_TESTS/lib/packages.sh"

newer=trixie-backports
kernel_fetch "$newer"
# What the newer kernel needs is newer, too.
system_archive linux-base/trixie-backports "linux-image-$(kernel_release "$newer")" "linux-headers-$(kernel_release "$newer")" dracut
kernel_release "$newer" >"$SYSTEM_SHARE/archive/release"
system_release "$SYSTEM" >"$SYSTEM_SHARE/archive/old-release"

installed_disk kernels
boot kernels second-kernel
boot kernels newer-kernel "$(kernel_release "$newer")"
boot kernels booted "$(kernel_release "$newer")"
