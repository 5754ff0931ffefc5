#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make deb: the Debian package, made from OUT's tarball of this version. Prints its path.

step=deb
cd "$(dirname "$0")/.."
# shellcheck source-path=SCRIPTDIR
. scripts/packaging.sh

# What make passes on to the make programs it starts is not for the one in the build.
unset MAKEFLAGS MFLAGS MAKELEVEL

need_tool dpkg-buildpackage dpkg-dev
need_tool dh debhelper
make_out
make_work
version=$(version_of .)
tar --extract --file="$OUT/$name-$version.tar.gz" --directory="$work" --no-same-owner

cd "$work/$name-$version"
# What it needs is checked above: no compiler, which dpkg-buildpackage would insist on.
dpkg-buildpackage --no-check-builddeps --build=binary --unsigned-changes >"$work/log" 2>&1 || {
  cat "$work/log" >&2
  die "dpkg-buildpackage failed: see above"
}
for deb in "$work"/*.deb; do
  mv "$deb" "$OUT"
  printf '%s\n' "$OUT/${deb##*/}"
done
