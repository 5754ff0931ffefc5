#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make repo, and what apt and dnf make of its repositories. Prints TAP. Runs inside the
# rig's root.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/packages.sh"
# shellcheck source-path=SCRIPTDIR/..
. "$top/tests/tap.sh"

out=$scratch/out
repo=$out/repo
key=$(make_key one)
other_key=$(make_key other)
build "$out" deb rpm >/dev/null

make_repo() {
  build "$out" repo "$@"
}

# --- errors

tap_check "without a key" refused repo 'whose signature\? set KEY' make_repo
tap_check "a key that is not there" refused repo "no secret key 'nobody'" make_repo KEY=nobody
only_public() {
  (umask 077 && mkdir "$scratch/public")
  gpg --armor --export "$key" | GNUPGHOME=$scratch/public gpg --quiet --import
  refused repo "no secret key '$key'" env GNUPGHOME="$scratch/public" make --silent --directory="$top" OUT="$out" repo KEY="$key"
}
tap_check "a key without its secret part" only_public
tap_check "a name that two keys have" refused repo 'several secret keys' make_repo KEY=packages.invalid
tap_check "no package" refused repo 'no Debian package in .*make deb' build "$scratch/empty" repo KEY="$key"
no_rpm() {
  mkdir "$scratch/only-deb" && cp "$out"/*.deb "$scratch/only-deb"
  refused repo 'no RPM package in .*make rpm' build "$scratch/only-deb" repo KEY="$key"
}
tap_check "no rpm" no_rpm
tap_check "errors leave nothing" [ ! -e "$repo" ]

# --- signatures

tap_check "make repo" make_repo KEY=one@packages.invalid

# Only the key that is in the repository is known here.
verify() {
  (umask 077 && mkdir --parents "$scratch/host")
  GNUPGHOME=$scratch/host gpg --quiet --import "$repo/$package.asc"
  GNUPGHOME=$scratch/host gpg --status-fd 1 --verify "$@" | grep "VALIDSIG $key"
}
tap_check "InRelease is signed" verify "$repo/apt/dists/$package/InRelease"
tap_check "Release is signed" verify "$repo/apt/dists/$package/Release.gpg" "$repo/apt/dists/$package/Release"
tap_check "repomd.xml is signed" verify "$repo/rpm/repodata/repomd.xml.asc" "$repo/rpm/repodata/repomd.xml"
only_public_parts() {
  ! grep --recursive --files-with-matches 'PRIVATE KEY' "$repo"
}
tap_check "no secret key is in it" only_public_parts

# rpm's database has only that key.
rpm_signed() {
  rpm --dbpath "$scratch/rpmdb" --import "$repo/$package.asc" &&
    rpmkeys --dbpath "$scratch/rpmdb" --checksig --verbose "$repo"/rpm/*.rpm | tee "$scratch/checksig" &&
    grep --quiet --ignore-case "Signature, .*${key: -8}: OK" "$scratch/checksig"
}
tap_check "the rpms are signed" rpm_signed

# --- apt

# apt FOLDER COMMAND...: of an arm64 host that has nothing but the .sources of the repository.
apt() {
  local state=$scratch/$1
  shift
  mkdir --parents "$state"/{sources,lists/partial,cache/archives/partial}
  touch "$state/status"
  apt-get --quiet --option Dir::Etc::sourcelist=/dev/null --option Dir::Etc::sourceparts="$state/sources" \
    --option Dir::Etc::preferences=/dev/null \
    --option Dir::State::lists="$state/lists" --option Dir::State::status="$state/status" --option Dir::Cache="$state/cache" \
    --option APT::Architecture=arm64 --option APT::Architectures=arm64 --option APT::Sandbox::User=root "$@"
}

# apt_update FOLDER: anew.
apt_update() {
  mkdir --parents "$scratch/$1/sources"
  [ -e "$scratch/$1/sources/$package.sources" ] || cp "$repo/$package.sources" "$scratch/$1/sources"
  apt "$1" --error-on=any update
}

apt_versions() {
  apt host indextargets >/dev/null
  apt host --print-uris --allow-downgrades download "$package-dkms=$1" | grep "/apt/pool/.*_${1}_all.deb"
}

apt_downloads() {
  local deb
  apt_update host && cd "$scratch" && apt host download "$package-dkms" nvgrace-gpu-tools &&
    for deb in "$package-dkms_${version}_all.deb" "nvgrace-gpu-tools_${version}_arm64.deb"; do
      same_files "$out/$deb" "$deb" || return 1
    done
}
tap_check "apt: update and download on arm64" apt_downloads

# sed_sources FOLDER EXPRESSION: the repository's own description, changed.
sed_sources() {
  mkdir --parents "$scratch/$1/sources"
  sed "$2" "$repo/$package.sources" >"$scratch/$1/sources/$package.sources"
}

apt_wrong_key() {
  local output
  sed_sources stranger "/^Signed-By/,\$ d"
  printf 'Signed-By: %s\n' "$scratch/other.asc" >>"$scratch/stranger/sources/$package.sources"
  gpg --armor --export "$other_key" >"$scratch/other.asc"
  ! output=$(apt_update stranger 2>&1) || return 1
  printf '%s\n' "$output"
  grep --quiet --ignore-case 'missing key\|NO_PUBKEY' <<<"$output"
}
tap_check "apt: with somebody else's key" apt_wrong_key

apt_tampered() {
  local output
  cp --recursive "$repo/apt" "$scratch/tampered"
  find "$scratch/tampered/dists" -path '*/binary-arm64/*' -type f -exec sh -c 'for file; do echo >>"$file"; done' sh {} +
  sed_sources victim "s,^URIs:.*,URIs: file://$scratch/tampered,"
  ! output=$(apt_update victim 2>&1) || return 1
  printf '%s\n' "$output"
  grep --quiet 'unexpected size\|Hash Sum mismatch' <<<"$output"
}
tap_check "apt: a list that was changed" apt_tampered

# apt_by_hash FOLDER INRELEASE: a host's update while that is what it got, and the lists
# have other names or are newer already.
apt_by_hash() {
  cp --recursive "$repo/apt" "$scratch/$1.apt" && cp "$2" "$scratch/$1.apt/dists/$package/InRelease" && rm "$scratch/$1.apt"/dists/*/main/binary-*/Packages* &&
    sed_sources "$1" "s,^URIs:.*,URIs: file://$scratch/$1.apt," && apt_update "$1" && apt "$1" download --print-uris "$package-dkms"
}
cp "$repo/apt/dists/$package/InRelease" "$scratch/first.InRelease"
tap_check "apt: lists are had by their hash" apt_by_hash hashed "$scratch/first.InRelease"

# What pins and APT::Default-Release call stable is Debian's.
apt_policy() {
  grep --extended-regexp '^(Suite|Codename): ' "$repo/apt/dists/$package/Release" |
    diff - <(printf "%s\n" "Codename: $package" "Suite: $package")
}
tap_check "apt: the suite is not one of Debian's" apt_policy

# --- dnf

# dnf_host FOLDER COMMAND...: of a host that has nothing but the .repo file there.
dnf_host() {
  local state=$scratch/$1
  shift
  mkdir --parents "$state"/{repos,root,cache,persist,log}
  touch "$state/dnf.conf"
  dnf --assumeyes --config="$state/dnf.conf" --setopt=reposdir="$state/repos" --setopt=cachedir="$state/cache" --setopt=persistdir="$state/persist" \
    --setopt=logdir="$state/log" --setopt=skip_if_unavailable=False --installroot="$state/root" --releasever=1 --forcearch=aarch64 "$@"
}

dnf_finds() {
  mkdir --parents "$scratch/fedora/repos" && cp "$repo/$package.repo" "$scratch/fedora/repos" && dnf_host fedora makecache &&
    dnf_host fedora repoquery --location "$package-dkms" | grep --line-regexp "file://$repo/rpm/$package-dkms-$version-1.noarch.rpm"
}
tap_check "dnf: makecache on aarch64, repo_gpgcheck=1" dnf_finds

# What it needs of the host's is there by name only: nothing of it is run here.
dnf_installs_tools() {
  local output
  ! output=$(dnf_host fedora install nvgrace-gpu-tools 2>&1) || return 1
  grep 'nothing provides libkmod.so.2(LIBKMOD_5)(64bit) needed by nvgrace-gpu-tools' <<<"$output" || { echo "$output"; return 1; }
  mkdir "$scratch/libraries" && cat >"$scratch/libraries/libraries.spec" <<EOF
Name: libraries
Version: 1
Release: 1
Summary: What a host has
License: GPL-2.0-only
$(query_requires "$out/nvgrace-gpu-tools-$version-1.aarch64.rpm" | sed 's/^/Provides: /')
%description
For a test.
%files
EOF
  rpmbuild --target aarch64 --define "_topdir $scratch/libraries" -bb "$scratch/libraries/libraries.spec" >/dev/null 2>&1 &&
    dnf_host fedora install nvgrace-gpu-tools "$scratch/libraries/RPMS/aarch64/libraries-1-1.aarch64.rpm" &&
    rpm --root "$scratch/fedora/root" --verify nvgrace-gpu-tools
}
query_requires() {
  rpm --query --package --nosignature --requires "$1" | grep --invert-match '^rpmlib('
}
tap_check "dnf: installs the tool on aarch64, with libraries" dnf_installs_tools

bad_signature() {
  local output
  ! output=$(dnf_host "$1" makecache 2>&1) || return 1
  printf '%s\n' "$output"
  grep --quiet --ignore-case 'repomd.xml.*signature' <<<"$output"
}

dnf_wrong_key() {
  mkdir --parents "$scratch/alien/repos"
  sed "s,^gpgkey=.*,gpgkey=file://$scratch/other.asc," "$repo/$package.repo" >"$scratch/alien/repos/$package.repo"
  bad_signature alien
}
tap_check "dnf: with somebody else's key" dnf_wrong_key

dnf_tampered() {
  cp --recursive "$repo/rpm" "$scratch/tampered-rpm"
  echo >>"$scratch/tampered-rpm/repodata/repomd.xml"
  mkdir --parents "$scratch/prey/repos"
  sed "s,^baseurl=.*,baseurl=file://$scratch/tampered-rpm," "$repo/$package.repo" >"$scratch/prey/repos/$package.repo"
  bad_signature prey
}
tap_check "dnf: a list that was changed" dnf_tampered

settings() {
  grep --quiet --line-regexp gpgcheck=1 "$repo/$package.repo" && grep --quiet --line-regexp repo_gpgcheck=1 "$repo/$package.repo"
}
tap_check "dnf: both checks are on" settings

# --- the next version

hash_packages() {
  (cd "$repo" && sha256sum "apt/pool/$package-dkms_${version}_all.deb" "rpm/$package-dkms-$version-1.noarch.rpm")
}

adds_version() {
  next_project "$scratch/next" && hash_packages >"$scratch/hashes" || return 1
  make --silent --directory="$scratch/next" OUT="$out" deb rpm >/dev/null &&
    make --silent --directory="$scratch/next" OUT="$out" repo KEY="$key" URL=https://packages.invalid/gpu && hash_packages | diff "$scratch/hashes" -
}
tap_check "the next version: what was there before stays as it was" adds_version

addresses() {
  grep --quiet --line-regexp 'URIs: https://packages.invalid/gpu/apt' "$repo/$package.sources" &&
    grep --quiet --line-regexp 'baseurl=https://packages.invalid/gpu/rpm' "$repo/$package.repo" &&
    grep --quiet --line-regexp "gpgkey=https://packages.invalid/gpu/$package.asc" "$repo/$package.repo"
}
tap_check "URL is where hosts will look" addresses

apt_has_both() {
  apt_update host && apt_versions "$version" && apt_versions "$next_version"
}
tap_check "apt: both versions can be had" apt_has_both
tap_check "apt: a host that got the Release of before finds its lists" apt_by_hash late "$scratch/first.InRelease"

dnf_has_both() {
  dnf_host fedora --refresh repoquery --queryformat='%{version}' --showduplicates "$package-dkms" >"$scratch/versions" &&
    grep '^[0-9]' "$scratch/versions" | diff - <(printf '%s\n' "$version" "$next_version")
}
tap_check "dnf: both versions can be had" dnf_has_both

# Between the two renamings at its end.
interrupted() {
  hash_packages >"$scratch/hashes" && rm "$out/$package-dkms_${version}_all.deb" && mv "$repo" "$out/.repo.old" &&
    make_repo KEY="$key" && hash_packages | diff "$scratch/hashes" - && cp "$repo/apt/pool/$package-dkms_${version}_all.deb" "$out"
}
tap_check "a run after one that was interrupted loses nothing" interrupted

# Packages of a version that differ from those of that version there.
never_changes() {
  local file=$1 step
  find "$repo" -type f -exec sha256sum {} + | sort >"$scratch/before"
  cp "$file" "$scratch/kept"
  shift
  "$@" || return 1
  refused repo 'is not the same as the one .*new-version.sh' make_repo KEY="$key"
  step=$?
  mv "$scratch/kept" "$file"
  find "$repo" -type f -exec sha256sum {} + | sort | diff "$scratch/before" - && [ ! -e "$out/.repo.new" ] && return "$step"
}
other_deb() {
  echo >>"$out/$package-dkms_${version}_all.deb"
}
other_rpm() {
  cp "$out/$package-dkms-$next_version-1.noarch.rpm" "$out/$package-dkms-$version-1.noarch.rpm"
}
tap_check "another deb of the same version" never_changes "$out/$package-dkms_${version}_all.deb" other_deb
tap_check "another rpm of the same version" never_changes "$out/$package-dkms-$version-1.noarch.rpm" other_rpm

tap_done
