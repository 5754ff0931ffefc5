# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# dracut takes the place of initramfs-tools.

# shellcheck source-path=SCRIPTDIR source=checks.sh
. /rig/phases/checks.sh

add_archive() {
  echo 'deb [trusted=yes] file:/rig/archive ./' >/etc/apt/sources.list.d/archive.list
  apt-get update
}

tap_check "an archive with dracut" add_archive
tap_check "it installs" apt-get --yes install dracut
tap_check "it makes an initramfs" dracut --regenerate-all --force
lsinitrd "/boot/initrd.img-$kernel" >/tmp/initrd
tap_check "with the driver" says /tmp/initrd "$module.ko"
tap_check "and its rule" says /tmp/initrd "65-$module.rules"
tap_done
