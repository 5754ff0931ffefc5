#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make deb and make rpm: the same bytes each time, the files that they should have, and
# nothing that lintian or rpmlint has to say. Prints TAP. Runs inside the rig's root.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/packages.sh"
# shellcheck source-path=SCRIPTDIR/..
. "$top/tests/tap.sh"

out=$scratch/out
deb=$out/$package-dkms_${version}_all.deb
tools=$out/nvgrace-gpu-tools_${version}_arm64.deb
rpm=$out/$package-dkms-$version-1.noarch.rpm
source_rpm=$out/$package-$version-1.src.rpm

makes_packages() {
  build "$out" deb rpm >"$scratch/built" && ls "$deb" "$tools" "$rpm" "$source_rpm" && [ "$(sort --unique "$scratch/built")" = "$(ls "$out"/*)" ]
}
tap_check "make deb rpm, in a folder that cannot be written to" makes_packages

# By somebody else, who is not root, on a machine of another name.
elsewhere_and_later() (
  umask 077
  project=$scratch/some/other/place
  unpack "$out" "$project"
  mkdir --mode=777 "$scratch/later"
  chmod 755 "$scratch/some" "$scratch/some/other"
  chown --recursive 65534:65534 "$project" "$scratch/later"
  cd "$project"
  # shellcheck disable=SC2016 # expanded by the inner shell
  unshare --uts sh -c 'hostname elsewhere && exec "$@"' sh setpriv --reuid=65534 --regid=65534 --clear-groups \
    env HOME="$scratch/later" USER=nobody TZ=XYZ-13 LC_ALL=POSIX NO_FAKE_STAT=1 DEB_BUILD_OPTIONS=parallel=2 \
    faketime '2031-05-06 07:08:09' make --silent OUT="$scratch/later" deb rpm &&
    same_files "$deb" "$scratch/later/${deb##*/}" &&
    same_files "$tools" "$scratch/later/${tools##*/}" &&
    same_files "$rpm" "$scratch/later/${rpm##*/}" &&
    same_files "$source_rpm" "$scratch/later/${source_rpm##*/}"
)
tap_check "the same bytes from the unpacked tarball, years later, elsewhere, by another user" elsewhere_and_later

# by_rpmbuild OPTION FILE
by_rpmbuild() {
  rm --recursive --force "$scratch/rpmbuild"
  rpmbuild "$1" --nodeps --define "_topdir $scratch/rpmbuild" "$2" &&
    diff <(list_rpm "$rpm") <(list_rpm "$scratch/rpmbuild/RPMS/noarch/${rpm##*/}")
}

# list_rpm FILE, list_deb FILE: "MODE OWNER/GROUP PATH [-> TARGET]" of each file.
list_rpm() {
  rpm --query --package --nosignature --queryformat \
    '[%{FILEMODES:perms} %{FILEUSERNAME}/%{FILEGROUPNAME} %{FILENAMES} %{FILELINKTOS}\n]' "$1" |
    sed 's/ $//; s/^\(l.*\) /\1 -> /' | sort --key=3
}

# Folders that other packages have too are no concern of ours.
list_deb() {
  dpkg-deb --fsys-tarfile "$1" | tar --list --verbose --file=- |
    sed --regexp-extended 's/^(.{10}) ([^ ]+) .{0,60} [0-9:-]{8,} [0-9:]{5} \./\1 \2 /; s,/$,,' |
    grep --extended-regexp "^[^d]|nvgrace-gpu" | sort --key=3
}

# has_files LISTER FILE
has_files() {
  diff <(expected_files "$1" "$version" "$out") <("list_$1" "$2")
}
tap_check "rpmbuild -ta of the tarball makes the same package" by_rpmbuild -ta "$out/$package-$version.tar.gz"
tap_check "rpmbuild --rebuild of the source package makes the same package" by_rpmbuild --rebuild "$source_rpm"
tap_check "files of the deb" has_files deb "$deb"
tools_files() {
  diff <(sed --quiet '/^[-dl]/p' "$top/tests/packages/tools.files") <(list_deb "$tools")
}
tap_check "files of the tool's deb" tools_files
tap_check "files of the rpm" has_files rpm "$rpm"

version_everywhere() {
  [ "$(dpkg-deb --field "$deb" Version)" = "$version" ] &&
    [ "$(dpkg-deb --field "$tools" Version)" = "$version" ] &&
    [ "$(rpm --query --package --nosignature --queryformat '%{VERSION}-%{RELEASE}' "$rpm")" = "$version-1" ] &&
    dpkg-deb --fsys-tarfile "$deb" | tar --extract --to-stdout "./usr/src/$package-$version/VERSION" | cmp - "$top/VERSION"
}
tap_check "VERSION is the version of both packages, and of the source in them" version_everywhere

# DKMS of bookworm is older than what debhelper's programs for DKMS would ask for.
depends() {
  dpkg-deb --field "$deb" Depends | diff - <(echo "dkms (>= 2.8), kmod, udev") &&
    rpm --query --package --nosignature --requires "$rpm" | grep --invert-match --extended-regexp '^rpmlib|^/bin/' |
    sort --unique | diff - <(printf '%s\n' dkms 'dkms >= 2.8' kmod udev)
}
tap_check "what they depend on" depends
# Any version of Debian 12 or newer has them.
tools_depend() {
  [ "$(dpkg-deb --field "$tools" Architecture)" = arm64 ] &&
    dpkg-deb --field "$tools" Depends | tr ',' '\n' | sed 's/ *(.*//; s/^ *//' | sort | diff - <(printf '%s\n' libc6 libjson-c5 libkmod2 libpci3)
}
tap_check "what the tool depends on, on arm64" tools_depend
# Without a compiler for arm64 the other package is made all the same.
without_tools() {
  local output
  mkdir "$scratch/path" && for program in /usr/bin/* /usr/sbin/*; do
    case $program in *aarch64*) ;; *) ln --symbolic --force "$program" "$scratch/path" ;; esac
  done
  output=$(PATH=$scratch/path make --silent --directory="$top" OUT="$scratch/no-tools" deb 2>&1) || { echo "$output"; return 1; }
  grep --quiet 'nvgrace-gpu-tools is left out' <<<"$output" && (cd "$scratch/no-tools" && echo *.deb) | diff - <(echo "${deb##*/}") &&
    same_files "$deb" "$scratch/no-tools/${deb##*/}"
}
tap_check "make deb without a compiler for arm64: the driver's package, the same" without_tools

# Nothing of debhelper's, which would start units or make an initramfs.
scripts_as_written() {
  dpkg-deb --control "$deb" "$scratch/control" && (cd "$scratch/control" && echo *) | diff - <(echo control md5sums postinst postrm prerm) || return 1
  ! grep --with-filename 'Automatically added\|#[A-Z]*#' "$scratch"/control/p*
}
tap_check "maintainer scripts of the deb are as they were written" scripts_as_written

lintian_clean() {
  mkdir "$scratch/debian" && unpack "$out" "$scratch/debian/$package-$version" && cd "$scratch/debian/$package-$version" || return 1
  dpkg-buildpackage --no-check-builddeps --host-arch=arm64 --unsigned-source --unsigned-changes >"$scratch/log" 2>&1 || { cat "$scratch/log"; return 1; }
  # It says something about each problem, and nothing if there is none; not everything sets its status.
  lintian --allow-root --pedantic --display-info --display-experimental --fail-on error "$scratch"/debian/*.changes "$deb" "$tools" >"$scratch/lintian" 2>&1
  cat "$scratch/lintian"
  [ ! -s "$scratch/lintian" ]
}
tap_check "lintian: nothing to say, source package included" lintian_clean

rpmlint_clean() {
  local output
  output=$(rpmlint --config "$top/rpm/rpmlint.toml" "$rpm" "$source_rpm" "$scratch/some/other/place/rpm/$package.spec" 2>&1)
  printf '%s\n' "$output"
  grep --quiet ' 2 packages and 1 specfiles checked; 0 errors, 0 warnings,' <<<"$output"
}
tap_check "rpmlint: nothing to say" rpmlint_clean

# --- without the tools

# with_only_basics COMMAND...: no program but those that every system has.
with_only_basics() {
  local basics=$scratch/basics program
  mkdir --parents "$basics"
  for program in awk bash cat cp date dirname find git grep gzip head make mkdir mktemp mv rm sed sh sort tar uname; do
    ln --symbolic --force "$(command -v "$program")" "$basics"
  done
  env PATH="$basics" "$@"
}
tap_check "make dist needs no tools" with_only_basics make --silent --directory="$top" OUT="$scratch/basic" dist
tap_check "make deb without its tools" refused deb 'dpkg-buildpackage is missing: install the package dpkg-dev' \
  with_only_basics make --silent --directory="$top" OUT="$scratch/basic" deb
tap_check "make rpm without its tools" refused rpm 'rpmbuild is missing: install the package rpm' \
  with_only_basics make --silent --directory="$top" OUT="$scratch/basic" rpm
tap_check "make repo without its tools" refused repo 'gpg is missing: install the package gpg' \
  with_only_basics make --silent --directory="$top" OUT="$scratch/basic" repo
tap_check "a folder that cannot be made" refused dist 'cannot be made: set OUT' build /proc/none dist

tap_done
