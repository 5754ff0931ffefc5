# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The image as the firmware boots it, on a host without GPUs.

# shellcheck source-path=SCRIPTDIR source=checks.sh
. /rig/phases/checks.sh

# The variable is in UTF-16, after 4 bytes of attributes.
booted_by() {
  tr --delete '\0' </sys/firmware/efi/efivars/LoaderInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f | grep --text "$1"
}

tap_check "the firmware has booted it by systemd-boot" booted_by systemd-boot
tap_check "no unit failed" no_unit_failed
tap_check "the root file system is the one in the image" bash -c "findmnt --noheadings --output SOURCE,FSTYPE / && findmnt --types ext4 /"
tap_check "kernels that come later would go to the disk's own EFI partition" bash -c "ls /boot/loader/entries && findmnt --types vfat /boot"
tap_check "its kernel has the module" test "$(modinfo --field version "$module")" = "$current"
tap_check "the module can be loaded" modprobe "$module"
tap_done
