# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# long: trixie
# minutes: 8
#
# A whole Debian with a kernel as most hosts with the hardware have it: pages of 64 KiB,
# iommufd in place of type1. The module was built elsewhere; guests, and hosts that are broken.

# shellcheck source-path=SCRIPTDIR source=lib/packages.sh
. "$SYSTEM_TESTS/lib/packages.sh"
# shellcheck source-path=SCRIPTDIR source=lib/trust.sh
. "$SYSTEM_TESTS/lib/trust.sh"
# shellcheck source-path=SCRIPTDIR source=lib/guests.sh
. "$SYSTEM_TESTS/lib/guests.sh"

name=nvidia-64k
kernel_fetch "$name"
release=$(kernel_release "$name")
headers=$SYSTEM_WORK/linux-headers-$release

# This kernel knows no signatures, so its headers have no program that makes them: Debian's.
site_headers() {
  cp --recursive "$(kernel_tree "$name")$(kernel_headers "$name")" "$headers"
  cp "$(kernel_tree "$(system_kernel "$SYSTEM")")"/usr/lib/linux-kbuild-*/scripts/sign-file "$headers/scripts/"
}

# The module that the kernel of the image takes.
share_other_module() {
  local other
  other=$(system_kernel "$SYSTEM")
  build_kernel "$other"
  cp "$(build_path "$other")/src/nvgrace-gpu-vfio-pci.ko" "$SYSTEM_SHARE/other-module.ko"
  system_release "$SYSTEM" >"$SYSTEM_SHARE/other-release"
}

make_key
site_headers
rig_step "making the site's repository" root_enter "$SYSTEM_TESTS/lib/make-site.sh" "$(rig_work)/packages/packages" \
  "$SYSTEM_SHARE/site" "$headers" "$SYSTEM_WORK/rig"
rig_step "packaging kernel $name" root_enter "$SYSTEM_TESTS/lib/make-kernel.sh" "$(kernel_tree "$name")" "$release" "$SYSTEM_SHARE"
printf '%s\n' "$release" >"$SYSTEM_SHARE/new-release"
share_other_module
share_guest "$name"

disk nvidia
SCENARIO=$SYSTEM_TESTS/guest.conf
boot nvidia nvidia-install
boot nvidia nvidia-kernel "$release"
