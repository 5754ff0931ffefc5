# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The newer kernel runs. The old one goes, with what was built for it; and dracut takes
# the place of initramfs-tools.

# shellcheck source-path=SCRIPTDIR source=checks.sh
. /rig/phases/checks.sh

old=$(cat /rig/archive/old-release)

remove_old() {
  apt_quietly purge "linux-image-$old" "linux-headers-$old" && [ ! -e "/boot/vmlinuz-$old" ]
}

tap_check "nobody did anything, and GPU 1 is bound" driver_is 1 "$driver"
tap_check "GPU 2, too" driver_is 2 "$driver"
tap_check "no unit failed" no_unit_failed
tap_check "the old kernel is removed" remove_old
tap_check "the module is there for the new one only" dkms_has "$current" "$kernel"
tap_check "none of it is left for the old one" bash -c "! find '/lib/modules/$old' -name '$module*' 2>/dev/null | grep ."

tap_check "dracut installs" apt_quietly install dracut
tap_check "it makes an initramfs" dracut --regenerate-all --force
lsinitrd "/boot/initrd.img-$kernel" >/tmp/initrd
tap_check "with the driver" says /tmp/initrd "$module.ko"
tap_check "and its rule" says /tmp/initrd "65-$module.rules"
tap_done
