#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make rpm: the RPM package and its source package, made from OUT's tarball of this
# version. Prints their paths.

step=rpm
cd "$(dirname "$0")/.."
# shellcheck source-path=SCRIPTDIR
. scripts/packaging.sh

# What make passes on to the make programs it starts is not for the one in the build.
unset MAKEFLAGS MFLAGS MAKELEVEL

need_tool rpmbuild "rpm (Debian), rpm-build (elsewhere)"
make_out
make_work
version=$(version_of .)
# In an unpacked tarball too, whatever its folder is called.
SOURCE_DATE_EPOCH=$(changelog_epoch debian/changelog)
export SOURCE_DATE_EPOCH

options=(
  # The same bytes wherever and whenever it is built. Of the last two, older versions
  # of rpm know one, newer ones the other.
  --define "_buildhost localhost"
  --define "use_source_date_epoch_as_buildtime 1"
  --define "clamp_mtime_to_source_date_epoch 1"
  --define "build_mtime_policy clamp_to_source_date_epoch"
)

# run_rpmbuild OPTION...: what the build needs is checked above. rpm could not do that:
# on Debian its database is empty.
run_rpmbuild() {
  rpmbuild --nodeps "${options[@]}" "$@" >"$work/log" 2>&1 || {
    cat "$work/log" >&2
    die "rpmbuild failed: see above"
  }
}

tarball=$name-$version.tar.gz
cp "$OUT/$tarball" "$work"
cd "$work"
run_rpmbuild --define "_topdir $work" --define "_tmppath $work" -tb "$tarball"
# Apart from that, as what is made together is mentioned in each other; and in the
# folder at hand, because the paths of the build become part of it.
tar --extract --file="$tarball" --strip-components=2 "$name-$version/rpm/$name.spec"
run_rpmbuild --define "_topdir ." --define "_sourcedir ." -bs "$name.spec"
for rpm in "$work"/RPMS/*/*.rpm "$work"/SRPMS/*.rpm; do
  mv "$rpm" "$OUT"
  printf '%s\n' "$OUT/${rpm##*/}"
done
