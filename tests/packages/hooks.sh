#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A kernel is installed after the package: the module is built for it, or cannot be, and
# either way the kernel is installed. With DKMS of trixie and of bookworm. Prints TAP. Runs
# inside the rig's root.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/packages.sh"
# shellcheck source-path=SCRIPTDIR/..
. "$top/tests/tap.sh"
# shellcheck source-path=SCRIPTDIR
. "$top/tests/packages/native.sh"
# shellcheck source-path=SCRIPTDIR
. "$top/tests/packages/fake.sh"

# What linux-image's postinst does, what that of headers does, and what kernel-install does.
kernel_comes() {
  says run-parts --exit-on-error --arg="$1" --arg="/boot/vmlinuz-$1" /etc/kernel/postinst.d
}
headers_come() {
  says run-parts --exit-on-error --arg="$1" /etc/kernel/header_postinst.d
}
kernel_install() {
  # shellcheck disable=SC2016 # expanded by the inner shell
  says sh -c 'for plugin in $(ls /usr/lib/kernel/install.d/*.install | sort); do "$plugin" add "$1" /boot/entry || exit; done' sh "$1"
}

# --- new kernels

new_kernel() {
  kernel_comes "$1" && has_module "$1"
}
cannot_be_built_for() {
  "$1" 6.12.2-arm64 && ! has_module 6.12.2-arm64 && said "could not be built for kernel 6.12.2-arm64, which has none now" &&
    said "error: this kernel has changed what the driver needs" && said "a newer version of this package may know" &&
    said "run: $setup build 6.12.2-arm64"
}
as_it_said() {
  mends 6.12.2-arm64
  touch "$root/boot/initrd.img-6.12.2-arm64"
  says sh -c "$(sed --quiet 's/.*is mended, run: //p' "$scratch/said")" && has_module 6.12.2-arm64 &&
    said "update-initramfs -u -k 6.12.2-arm64"
}
too_old() {
  native_old_kernel && kernel_comes 5.10.0-1-arm64 && said "not built for kernel 5.10.0-1-arm64: it is"
}
not_arm64() {
  fake_kernel 6.12.6-arm64 && sed --in-place 's/aarch64/x86_64/' "$root/usr/bin/uname" && kernel_comes 6.12.6-arm64 && said "it is not for arm64"
}
wants_none() {
  fake_kernel 6.12.4-arm64 && touch "$root/etc/dkms/no-autoinstall" && kernel_comes 6.12.4-arm64 && ! has_module 6.12.4-arm64 || return 1
  rm "$root/etc/dkms/no-autoinstall"
}
headers_later() {
  mv "$root/usr/lib/modules/6.12.4-arm64/build" "$root/tmp" && kernel_comes 6.12.4-arm64 &&
    said "not built for kernel 6.12.4-arm64, whose headers are missing" && said "apt install linux-headers-6.12.4-arm64" &&
    touch "$root/boot/initrd.img-6.12.4-arm64" && mv "$root/tmp/build" "$root/usr/lib/modules/6.12.4-arm64" &&
    headers_come 6.12.4-arm64 && has_module 6.12.4-arm64 && said "update-initramfs -u -k 6.12.4-arm64"
}
# Fedora's scriptlet gives no kernel.
all_headers_later() {
  fake_kernel 6.12.5-arm64 && says "/usr/libexec/$package/kernel-hook" && has_module 6.12.5-arm64
}
package_is_gone() {
  says "$setup" forget && ! native_run dkms status | grep . && kernel_comes 6.12.1-arm64 && kernel_install 6.12.1-arm64
}

for dkms in trixie bookworm; do
  machine_with 6.12.0-arm64 6.12.1-arm64 6.12.2-arm64
  [ "$dkms" = trixie ] || bookworms_dkms >/dev/null
  native_run dkms add -m "$package" -v "$version" >/dev/null
  tap_check "DKMS of $dkms: a new kernel's hooks build the module" new_kernel 6.12.1-arm64
  breaks 6.12.2-arm64
  tap_check "DKMS of $dkms: a kernel that it cannot be built for is installed, and it is said" cannot_be_built_for kernel_comes
  tap_check "DKMS of $dkms: by its headers, too" cannot_be_built_for headers_come
  tap_check "DKMS of $dkms: by kernel-install, too" cannot_be_built_for kernel_install
  tap_check "DKMS of $dkms: what it says builds it, and makes the initramfs again" as_it_said
  tap_check "DKMS of $dkms: a kernel that is too old is installed" too_old
  tap_check "DKMS of $dkms: no kernel is built for where the administrator wants none" wants_none
  tap_check "DKMS of $dkms: headers that come later: the initramfs is made again" headers_later
  tap_check "DKMS of $dkms: so by a scriptlet of rpm" all_headers_later
  tap_check "DKMS of $dkms: a kernel of another architecture is installed" not_arm64
  tap_check "DKMS of $dkms: DKMS has nothing any more: the hooks do nothing" package_is_gone
done
tap_done
