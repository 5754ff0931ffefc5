# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A kernel and its headers come by apt, as an upgrade brings them.

# shellcheck source-path=SCRIPTDIR source=checks.sh
. /rig/phases/checks.sh

new=$(cat /rig/archive/release)

add_archive() {
  echo 'deb [trusted=yes] file:/rig/archive ./' >/etc/apt/sources.list.d/archive.list
  apt-get update
}

tap_check "an archive with the kernel" add_archive
tap_check "it installs" apt-get --yes install "linux-image-$new" "linux-headers-$new"
tap_check "DKMS has built the module for both" dkms_has "$current" "$kernel" "$new"
tap_check "the new kernel's initramfs has it" bash -c "lsinitramfs '/boot/initrd.img-$new' | grep '$module.ko'"
tap_done
