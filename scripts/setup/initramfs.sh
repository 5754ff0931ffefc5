# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
#
# package-setup: the initramfs of kernels.

has_initramfs() {
  [ -e "/boot/initrd.img-$1" ] || [ -e "/boot/initramfs-$1.img" ] || [ -e "/boot/initrd-$1" ]
}

# update_initramfs KERNEL...: that the module was built for, or was before.
update_initramfs() {
  for kernel; do
    if command -v update-initramfs >/dev/null; then
      [ -e "/boot/initrd.img-$kernel" ] || continue
      set -- update-initramfs -u -k "$kernel"
    elif command -v dracut >/dev/null; then
      set -- dracut --force --kver "$kernel"
    else
      continue
    fi
    "$@" || warn "the initramfs of kernel $kernel could not be made again: see above, and whether /boot is full;" \
      "when that is mended, run: $*"
  done
}
