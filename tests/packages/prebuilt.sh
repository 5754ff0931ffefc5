#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A package brings the module for a kernel that DKMS has built it for, and goes again. With
# DKMS of trixie and of bookworm. Prints TAP. Runs inside the rig's root.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/packages.sh"
# shellcheck source-path=SCRIPTDIR/..
. "$top/tests/tap.sh"
# shellcheck source-path=SCRIPTDIR
. "$top/tests/packages/native.sh"
# shellcheck source-path=SCRIPTDIR
. "$top/tests/packages/fake.sh"

kernel=6.12.0-arm64
modules=$package-modules-$kernel

# make_modules_deb: as scripts/make-modules.sh does it, with a module that is none.
make_modules_deb() {
  local folder=$scratch/modules script
  install -D --mode=644 "$root/usr/lib/modules/$kernel/build/builds" "$folder/usr/lib/modules/$kernel/updates/$package.ko"
  mkdir --parents "$folder/DEBIAN"
  sed "s/@KERNEL@/$kernel/; s/@VERSION@/$version/; s/@PACKAGE@/$modules/; s/@DEPENDS@/$package-common/; /^#/d" \
    "$top/scripts/modules/control" >"$folder/DEBIAN/control"
  for script in postinst postrm; do
    sed "s/@KERNEL@/$kernel/" "$top/scripts/modules/$script" >"$folder/DEBIAN/$script"
    chmod 755 "$folder/DEBIAN/$script"
  done
  dpkg-deb --root-owner-group --build "$folder" "$root/tmp/modules.deb" >/dev/null
}

# comes_from FOLDER: depmod's choice, which the initramfs has.
comes_from() {
  native_run modinfo --set-version "$kernel" --field filename "$package" | grep "/$1/$package.ko" && said "update-initramfs -u -k $kernel"
}
package_comes() {
  says dpkg --force-architecture --install /tmp/modules.deb
}
dkms_has_none() {
  ! native_run dkms status | grep ': installed'
}

dkms_builds() {
  says dpkg --configure --pending && comes_from updates/dkms && has_module "$kernel"
}
gives_way() {
  package_comes && comes_from updates && dkms_has_none
}
takes_over() {
  says dpkg --purge "$modules" && comes_from updates/dkms && has_module "$kernel"
}
left_alone() {
  package_comes && says "$setup" configure "$version" && said "not built for kernel $kernel, which has the module from another package" && dkms_has_none &&
    says run-parts --exit-on-error --arg="$kernel" --arg="/boot/vmlinuz-$kernel" /etc/kernel/postinst.d && dkms_has_none
}
stays() {
  says dpkg --purge "$package-dkms" && native_run modinfo --set-version "$kernel" "$package" && ! said update-initramfs &&
    says dpkg --purge "$modules" && said "update-initramfs -u -k $kernel" && ! native_run modinfo --set-version "$kernel" "$package"
}

for dkms in trixie bookworm; do
  machine_with "$kernel"
  [ "$dkms" = trixie ] || bookworms_dkms >/dev/null
  touch "$root/boot/initrd.img-$kernel"
  # DKMS runs depmod where it was run before, for other modules.
  cp "$root/usr/lib/modules/$kernel/build/builds" "$root/usr/lib/modules/$kernel/kernel/other.ko"
  native_run depmod "$kernel"
  make_modules_deb
  tap_check "DKMS of $dkms builds the module" dkms_builds
  tap_check "DKMS of $dkms: its module goes when a package brings one" gives_way
  tap_check "DKMS of $dkms: and comes again when that package goes" takes_over
  tap_check "DKMS of $dkms builds none meanwhile" left_alone
  tap_check "DKMS of $dkms: its package goes: the module of the other one stays" stays
done
tap_done
