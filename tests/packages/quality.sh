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
common_deb=$out/$package-common_${version}_all.deb
tools_deb=$out/nvgrace-gpu-tools_${version}_arm64.deb
dbgsym_deb=$out/nvgrace-gpu-tools-dbgsym_${version}_arm64.deb
tools_rpm=$out/nvgrace-gpu-tools-$version-1.aarch64.rpm
rpm=$out/$package-dkms-$version-1.noarch.rpm
common_rpm=$out/$package-common-$version-1.noarch.rpm
source_rpm=$out/$package-$version-1.src.rpm

makes_packages() {
  build "$out" deb rpm >"$scratch/built" && ls "$deb" "$common_deb" "$tools_deb" "$dbgsym_deb" "$rpm" "$common_rpm" "$tools_rpm" "$source_rpm" &&
    [ "$(sort --unique "$scratch/built")" = "$(ls "$out"/*)" ]
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
    faketime '2031-05-06 07:08:09' make --silent OUT="$scratch/later" deb rpm || return 1
  for file in "$deb" "$common_deb" "$tools_deb" "$dbgsym_deb" "$rpm" "$common_rpm" "$tools_rpm" "$source_rpm"; do
    same_files "$file" "$scratch/later/${file##*/}" || return 1
  done
)
tap_check "the same bytes from the unpacked tarball, years later, elsewhere, by another user" elsewhere_and_later

# by_rpmbuild PACKAGES OPTION...: has the same files in the packages that come of it.
by_rpmbuild() {
  local packages=$1 made
  shift
  rm --recursive --force "$scratch/rpmbuild"
  rpmbuild --nodeps --define "_topdir $scratch/rpmbuild" "$@" || return 1
  made=("$scratch"/rpmbuild/RPMS/*/*.rpm)
  [ "${made[*]##*/}" = "$packages" ] || { printf '%s\n' "${made[@]}"; return 1; }
  for made in "${made[@]}"; do
    diff <(list_rpm "$out/${made##*/}") <(list_rpm "$made") || return 1
  done
}

# query_rpm FORMAT FILE
query_rpm() {
  rpm --query --package --nosignature --queryformat "$1" "$2"
}

# list_rpm FILE, list_deb FILE: "MODE OWNER/GROUP PATH [-> TARGET]" of each file.
list_rpm() {
  query_rpm '[%{FILEMODES:perms} %{FILEUSERNAME}/%{FILEGROUPNAME} %{FILENAMES} %{FILELINKTOS}\n]' "$1" |
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
  diff <(expected_files "$1" "$version" "$out") <("list_${1#common-}" "$2")
}
tap_check "rpmbuild -ta of the tarball makes the same package, and on amd64 no tool" \
  by_rpmbuild "${common_rpm##*/} ${rpm##*/}" -ta "$out/$package-$version.tar.gz"
rebuilds_across() {
  CC=aarch64-linux-gnu-gcc PKG_CONFIG=aarch64-linux-gnu-pkg-config STRIP=aarch64-linux-gnu-strip \
    by_rpmbuild "${tools_rpm##*/} ${common_rpm##*/} ${rpm##*/}" --target aarch64 --without debug --rebuild "$source_rpm"
}
tap_check "rpmbuild --rebuild of the source package, for aarch64, makes the same packages" rebuilds_across
# As Fedora names releases; and an rpm that compresses no manual pages, such as bookworm's.
elsewhere_by_rpmbuild() {
  local kind file
  rpmbuild --nodeps --define "_topdir $scratch/rpmbuild" --define "dist .fc99" --define "__os_install_post %{nil}" -tb "$out/$package-$version.tar.gz" || return 1
  for file in "$rpm" "$common_rpm"; do
    kind=${file##*/}
    diff <(list_rpm "$file") <(list_rpm "$scratch/rpmbuild/RPMS/noarch/${kind/-1.noarch/-1.fc99.noarch}") || return 1
  done
}
tap_check "rpmbuild elsewhere: the release has the distribution's tag, manual pages are compressed" elsewhere_by_rpmbuild
tap_check "files of the deb for DKMS" has_files deb "$deb"
tap_check "files of the rpm for DKMS" has_files rpm "$rpm"
tap_check "files of the common deb" has_files common-deb "$common_deb"
tap_check "files of the common rpm" has_files common-rpm "$common_rpm"
# tools_files LISTER FILE
tools_files() {
  diff <(sed --quiet '/^[-dl]/p' "$top/tests/packages/tools-$1.files") <("list_$1" "$2")
}
tap_check "files of the tool's deb" tools_files deb "$tools_deb"
tap_check "files of the tool's rpm" tools_files rpm "$tools_rpm"

version_everywhere() {
  [ "$(dpkg-deb --field "$deb" Version)" = "$version" ] &&
    [ "$(dpkg-deb --field "$tools_deb" Version)" = "$version" ] &&
    [ "$(dpkg-deb --field "$common_deb" Version)" = "$version" ] &&
    [ "$(query_rpm '%{VERSION}-%{RELEASE}' "$rpm")" = "$version-1" ] &&
    [ "$(query_rpm '%{VERSION}-%{RELEASE}' "$common_rpm")" = "$version-1" ] &&
    [ "$(query_rpm '%{VERSION}-%{RELEASE}' "$tools_rpm")" = "$version-1" ] &&
    dpkg-deb --fsys-tarfile "$deb" | tar --extract --to-stdout "./usr/src/$package-$version/VERSION" | cmp - "$top/VERSION"
}
tap_check "VERSION is the version of all packages, and of the source in them" version_everywhere

# DKMS of bookworm is older than what debhelper's programs for DKMS would ask for.
depends() {
  dpkg-deb --field "$deb" Depends | diff - <(echo "dkms (>= 2.8), $package-common (= $version)") &&
    dpkg-deb --field "$common_deb" Depends | diff - <(echo "kmod, udev") &&
    requires "$rpm" | diff - <(printf '%s\n' dkms 'dkms >= 2.8' "$package-common" "$package-common = $version") &&
    requires "$common_rpm" | diff - <(printf '%s\n' diffutils kmod udev util-linux)
}
requires() {
  rpm --query --package --nosignature --requires "$1" | grep --invert-match --extended-regexp '^rpmlib|^/bin/' | LC_ALL=C sort --unique
}
tap_check "what they depend on" depends
# Any version of Debian 12 or newer has them.
tools_deb_depends() {
  [ "$(dpkg-deb --field "$tools_deb" Architecture)" = arm64 ] &&
    dpkg-deb --field "$tools_deb" Depends | tr ',' '\n' | sed 's/ *(.*//; s/^ *//' | sort | diff - <(printf '%s\n' libc6 libjson-c5 libkmod2)
}
tap_check "what the tool's deb depends on, on arm64" tools_deb_depends
# As rpm of Fedora and RHEL 9 names them, and with no newer glibc than theirs.
tools_rpm_requires() {
  [ "$(query_rpm '%{ARCH}' "$tools_rpm")" = aarch64 ] &&
    query_rpm '[%{REQUIRENAME}\n]' "$tools_rpm" | grep --invert-match '^rpmlib(' | LC_ALL=C sort | tee "$scratch/requires" |
    grep --invert-match '(GLIBC_' | diff - <(printf '%s\n' /bin/sh 'ld-linux-aarch64.so.1()(64bit)' 'libc.so.6()(64bit)' 'libjson-c.so.5()(64bit)' 'libjson-c.so.5(JSONC_0.14)(64bit)' \
      'libkmod.so.2()(64bit)' 'libkmod.so.2(LIBKMOD_5)(64bit)' 'rtld(GNU_HASH)') &&
    grep '^libc.*(GLIBC_' "$scratch/requires" | tail --lines=1 | diff - <(echo 'libc.so.6(GLIBC_2.34)(64bit)')
}
tap_check "what the tool's rpm requires, on aarch64" tools_rpm_requires
# As a Fedora that rebuilds it installs them.
build_requires() {
  query_rpm '[%{REQUIRENAME}\n]' "$source_rpm" | grep --invert-match '^rpmlib(' | LC_ALL=C sort |
    diff - <(printf '%s\n' gcc make 'pkgconfig(json-c)' 'pkgconfig(libkmod)' systemd-rpm-macros)
}
tap_check "what the source package needs to be built" build_requires
# debuggable: from each to the other by the build's id.
debuggable() {
  local id
  id=$(dpkg-deb --field "$dbgsym_deb" Build-Ids) && dpkg-deb --fsys-tarfile "$dbgsym_deb" | tar --list --file=- |
    grep --line-regexp --fixed-strings "./usr/lib/debug/.build-id/${id:0:2}/${id:2}.debug" &&
    dpkg-deb --fsys-tarfile "$tools_deb" | tar --extract --to-stdout --file=- ./usr/sbin/nvgrace-gpu >"$scratch/nvgrace-gpu" &&
    readelf --notes "$scratch/nvgrace-gpu" | grep --fixed-strings "Build ID: $id" &&
    ! readelf --sections "$scratch/nvgrace-gpu" | grep debug_info
}
tap_check "debug symbols of the tool's deb" debuggable

# What there is no address for is the one thing that is missing.
metainfo() {
  local file=$top/udev/$package.metainfo.xml
  appstreamcli validate --no-net --pedantic --no-color "$file" >"$scratch/metainfo" 2>&1 || true
  cat "$scratch/metainfo"
  grep '^[EWIP]: ' "$scratch/metainfo" | cut --delimiter=' ' --fields=1,3 | sort | diff - <(printf '%s\n' 'I: cid-maybe-not-rdns' 'W: url-homepage-missing') || return 1
  sed --quiet 's/.*DRIVER_OVERRIDE_DEVICE_VFIO(PCI_VENDOR_ID_NVIDIA, 0x\([0-9a-f]*\)).*/pci:v000010DEd0000\U\1\Esv*sd*bc*sc*i*/p' "$top/src/pci_driver.c" |
    diff - <(sed --quiet 's,.*<modalias>\(.*\)</modalias>,\1,p' "$file")
}
tap_check "AppStream metadata: valid, and of the devices that the driver knows" metainfo

# apt_adds PACKAGE: headers that apt would install with the deb and with these, on arm64.
apt_adds() {
  mkdir --parents "$scratch/apt" && touch "$scratch/apt/status"
  apt-get --simulate --option APT::Install-Recommends=true --option APT::Architecture=arm64 --option APT::Architectures=arm64 \
    --option Dir::State::status="$scratch/apt/status" --option Dir::Cache="$scratch/apt" install "$1" "$deb" "$common_deb" |
    sed --quiet 's/^Inst \(linux-headers-[^0-9 ][^ ]*\) .*/\1/p' | sort --unique
}
one_flavour() {
  apt_adds linux-headers-arm64-16k | diff - <(echo linux-headers-arm64-16k) && apt_adds dkms | diff - <(echo linux-headers-arm64)
}
tap_check "apt adds headers, unless there are those of another flavour" one_flavour

one_scriptlet() {
  query_rpm '%{PREIN}%{POSTIN}%{POSTUN}%{PRETRANS}%{POSTTRANS}[%{TRIGGERSCRIPTS}][%{FILETRIGGERSCRIPTS}]' "$tools_rpm" | sed 's/(none)//g' | diff - /dev/null &&
    query_rpm '%{PREUN}' "$tools_rpm" | grep 'systemctl --no-reload disable nvgrace-gpu-metrics.timer'
}
tap_check "the tool's rpm runs nothing when it is installed, and turns the timer off when it is removed" one_scriptlet
# Where all units are on that nobody has said anything of, too.
timer_is_off() {
  local root=$scratch/units state
  mkdir --parents "$root.control" && dpkg-deb --extract "$tools_deb" "$root" && dpkg-deb --control "$tools_deb" "$root.control" || return 1
  DPKG_ROOT=$root DPKG_MAINTSCRIPT_PACKAGE=nvgrace-gpu-tools sh "$root.control/postinst" configure "" || return 1
  for state in disabled preset disabled enable enabled; do
    case $state in
      *d) [ "$(systemctl --root="$root" is-enabled nvgrace-gpu-metrics.timer)" = "$state" ] || { echo "it is not $state"; return 1; } ;;
      *) systemctl --root="$root" "$state" nvgrace-gpu-metrics.timer || return 1 ;;
    esac
  done
}
tap_check "the timer is off until somebody enables it" timer_is_off
changelogs() {
  query_rpm '[%{CHANGELOGNAME}\n%{CHANGELOGTEXT}\n]' "$tools_rpm" | grep --fixed-strings -- "- $version-1"
}
tap_check "the tool's rpm has the changelog" changelogs
# Without a compiler for arm64 the others are made all the same.
without_tools() {
  local output file
  mkdir "$scratch/path" && for program in /usr/bin/* /usr/sbin/*; do
    case $program in *aarch64*) ;; *) ln --symbolic --force "$program" "$scratch/path" ;; esac
  done
  output=$(PATH=$scratch/path make --silent --directory="$top" OUT="$scratch/no-tools" deb rpm 2>&1) || { echo "$output"; return 1; }
  [ "$(grep --count 'nvgrace-gpu-tools is left out' <<<"$output")" -eq 2 ] && ! ls "$scratch/no-tools"/nvgrace-gpu-tools* || return 1
  for file in "$deb" "$common_deb" "$rpm" "$common_rpm" "$source_rpm"; do
    same_files "$file" "$scratch/no-tools/${file##*/}" || return 1
  done
}
tap_check "make deb rpm without a compiler for arm64: the other packages, the same" without_tools

# Nothing of debhelper's, which would start units or make an initramfs.
scripts_as_written() {
  dpkg-deb --control "$deb" "$scratch/control" && (cd "$scratch/control" && echo *) | diff - <(echo control md5sums postinst prerm) &&
    dpkg-deb --control "$common_deb" "$scratch/common" && (cd "$scratch/common" && echo *) | diff - <(echo control md5sums postinst postrm prerm) || return 1
  ! grep --with-filename 'Automatically added\|#[A-Z]*#' "$scratch"/{control,common}/p*
}
tap_check "maintainer scripts of the debs are as they were written" scripts_as_written

lintian_clean() {
  mkdir "$scratch/debian" && unpack "$out" "$scratch/debian/$package-$version" && cd "$scratch/debian/$package-$version" || return 1
  dpkg-buildpackage --no-check-builddeps --host-arch=arm64 --unsigned-source --unsigned-changes >"$scratch/log" 2>&1 || { cat "$scratch/log"; return 1; }
  # It says something about each problem, and nothing if there is none; not everything sets its status.
  lintian --allow-root --pedantic --display-info --display-experimental --fail-on error "$scratch"/debian/*.changes "$deb" "$common_deb" "$tools_deb" >"$scratch/lintian" 2>&1
  cat "$scratch/lintian"
  [ ! -s "$scratch/lintian" ]
}
tap_check "lintian: nothing to say, source package included" lintian_clean

rpmlint_clean() {
  local output
  output=$(rpmlint --config "$top/rpm/rpmlint.toml" "$rpm" "$common_rpm" "$tools_rpm" "$source_rpm" "$scratch/some/other/place/rpm/$package.spec" 2>&1)
  printf '%s\n' "$output"
  grep --quiet ' 4 packages and 1 specfiles checked; 0 errors, 0 warnings,' <<<"$output"
}
tap_check "rpmlint: nothing to say" rpmlint_clean

# --- without the tools

# with_only_basics COMMAND...: no program but those that every system has, and git.
programs="awk bash cat cp date dirname env find git grep gzip head make mkdir mktemp mv rm sed sh sort tar uname"
with_only_basics() {
  local basics=$scratch/basics program
  mkdir --parents "$basics"
  for program in $programs; do
    ln --symbolic --force "$(command -v "$program")" "$basics"
  done
  env PATH="$basics" "$@"
}
tap_check "make dist needs no tools" with_only_basics make --silent --directory="$top" OUT="$scratch/basic" dist
# All at once; git only where there is a repository.
unpack "$out" "$scratch/in-git"
mkdir "$scratch/in-git/.git"
rm "$scratch/basics/git"
programs="${programs/git/} apt-get"
# tells_missing STEP TEXT TARGET...
tells_missing() {
  refused "$1" "missing: $2" with_only_basics env CHECKPATCH=/none make --silent --directory="$scratch/in-git" OUT="$scratch/basic" "${@:3}"
}
tap_check "make deb without its tools" tells_missing deb \
  'git, dpkg-buildpackage, dh; as root, run: apt install git dpkg-dev debhelper$' deb
tap_check "make rpm repo without their tools" tells_missing rpm \
  'git, rpmbuild, gpg, apt-ftparchive, rpmsign, createrepo_c; as root, run: apt install git rpm gpg apt-utils createrepo-c$' rpm repo
tap_check "make release without its tools" tells_missing release \
  'git, dpkg-buildpackage, dh, rpmbuild, gpg, python3; as root, run: apt install git dpkg-dev debhelper rpm gpg python3$' release
tap_check "make check without its tools" tells_missing check \
  'gcc, clang, shellcheck, perl, python3, codespell, cmocka and .*, libFuzzer, checkpatch.pl; as root, run: apt install gcc clang shellcheck perl python3 codespell libcmocka-dev libc6-dev libclang-rt-dev && tests/rig/rig sources$' check
tap_check "a folder that cannot be made" refused dist 'cannot be made: set OUT' build /proc/none dist

tap_done
