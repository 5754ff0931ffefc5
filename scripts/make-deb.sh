#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make deb: the Debian packages, made from OUT's tarball of this version. Prints their
# paths. That of the tool is for arm64: it is left out, with a word, where there is no
# compiler for that or not the libraries.

step=deb
cd "$(dirname "$0")/.."
# shellcheck source-path=SCRIPTDIR
. scripts/packaging.sh

# What make passes on to the make programs it starts is not for the one in the build.
unset MAKEFLAGS MFLAGS MAKELEVEL

make_out
make_work
version=$(version_of .)
tar --extract --file="$OUT/$name-$version.tar.gz" --directory="$work" --no-same-owner

cd "$work/$name-$version"
build=(--build=all)
! can_build_tools || build=(--build=binary --host-arch=arm64)
# What it needs is checked above.
dpkg-buildpackage --no-check-builddeps "${build[@]}" --unsigned-changes >"$work/log" 2>&1 || {
  cat "$work/log" >&2
  die "dpkg-buildpackage failed: see above"
}
for deb in "$work"/*.deb; do
  mv "$deb" "$OUT"
  printf '%s\n' "$OUT/${deb##*/}"
done
