#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make-kernel.sh TREE RELEASE FOLDER: makes FOLDER/linux-image-RELEASE.deb of a kernel that
# the rig has built, as a distribution packages its own. Runs inside the root.

set -euo pipefail

tree=$1 release=$2 folder=$3
work=$(mktemp --directory)
trap 'rm --recursive --force "$work"' EXIT

mkdir --parents "$work/boot" "$work/usr/lib/modules" "$work/DEBIAN"
cp --recursive "$tree/usr/lib/modules/$release" "$work/usr/lib/modules/"
mv "$work/usr/lib/modules/$release/vmlinuz" "$work/boot/vmlinuz-$release"
cp "$tree/usr/src/linux-headers-$release/.config" "$work/boot/config-$release"
cat >"$work/DEBIAN/control" <<END
Package: linux-image-$release
Version: 1
Architecture: arm64
Maintainer: Test <test@packages.invalid>
Depends: kmod, initramfs-tools
Description: kernel $release
END
cat >"$work/DEBIAN/postinst" <<END
#!/bin/sh
set -e
if [ "\$1" = configure ]; then
  depmod $release
  DEB_MAINT_PARAMS="\$*" run-parts --exit-on-error --arg=$release --arg=/boot/vmlinuz-$release /etc/kernel/postinst.d
fi
END
chmod 755 "$work" "$work/DEBIAN/postinst"
dpkg-deb --root-owner-group -Zzstd -z1 --build "$work" "$folder/linux-image-$release.deb" >/dev/null
