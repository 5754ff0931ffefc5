#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make rpm: the RPM packages and their source package, made from OUT's tarball of this
# version. Prints their paths. That of the tool is for aarch64: it is left out, with a
# word, where there is no compiler for that or not the libraries.

step=rpm
cd "$(dirname "$0")/.."
# shellcheck source-path=SCRIPTDIR
. scripts/packaging.sh

# What make passes on to the make programs it starts is not for the one in the build.
unset MAKEFLAGS MFLAGS MAKELEVEL

make_out
make_work
version=$(version_of .)
# In an unpacked tarball too, whatever its folder is called.
SOURCE_DATE_EPOCH=$(changelog_epoch debian/changelog)
export SOURCE_DATE_EPOCH

# What makes packages of debug information is not everywhere.
options=(--without debug)

# Across, with flags that distributions have in rpm's settings.
packages=()
if ! can_build_tools; then
  packages=(--without tools)
elif [ -n "$cross" ]; then
  export CC=${cross}gcc PKG_CONFIG=${cross}pkg-config STRIP=${cross}strip
  export CFLAGS="-O2 -g -D_FORTIFY_SOURCE=2 -fstack-protector-strong" LDFLAGS="-Wl,-z,relro,-z,now"
fi

tarball=$name-$version.tar.gz
cp "$OUT/$tarball" "$work"
cd "$work"
run_rpmbuild "${options[@]}" --define "_topdir $work" --define "_tmppath $work" "${packages[@]}" -tb "$tarball"
# Apart from that, as what is made together is mentioned in each other; and in the
# folder at hand, because the paths of the build become part of it.
tar --extract --file="$tarball" --strip-components=2 "$name-$version/rpm/$name.spec"
run_rpmbuild "${options[@]}" --define "_topdir ." --define "_sourcedir ." -bs "$name.spec"
for rpm in "$work"/RPMS/*/*.rpm "$work"/SRPMS/*.rpm; do
  mv "$rpm" "$OUT"
  printf '%s\n' "$OUT/${rpm##*/}"
done
