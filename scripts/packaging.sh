# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What the scripts that make packages share. Sourced by them; $step is the make target.

set -euo pipefail

# shellcheck disable=SC2034 # for those who source this
name=nvgrace-gpu-vfio-pci
: "${step:?}"
: "${OUT:=dist}"

# Modes of files in packages are not for the user's settings to decide.
umask 022

die() {
  printf '%s: error: %s\n' "$step" "$*" >&2
  exit 1
}

# Output goes to a folder that may not be there yet; the paths of what was made are printed.
make_out() {
  mkdir --parents "$OUT" || die "the folder $OUT cannot be made: set OUT to one that can"
  OUT=$(cd "$OUT" && pwd)
}

# A folder of our own, gone at the end. $work
make_work() {
  work=$(mktemp --directory)
  trap 'rm --recursive --force "$work"' EXIT
}

# version_of FILE
version_of() {
  local version
  version=$(cat "$1/VERSION")
  # No hyphen, which ends the version in package names, and nothing that is special in a path.
  [[ $version =~ ^[0-9][0-9A-Za-z.+~]*$ ]] || die "VERSION has to begin with a digit and have digits, letters and .+~ only, not '$version'"
  printf '%s\n' "$version"
}

# That of VERSION and of debian/changelog, in the project's folder.
agreed_version() {
  local version described
  version=$(version_of .) || return
  described=$(sed --quiet "1s/^$name (\(.*\)) .*/\1/p" debian/changelog)
  [ "$version" = "$described" ] ||
    die "VERSION is $version and debian/changelog is about ${described:-no version}: set both with 'scripts/new-version.sh VERSION CHANGE...'"
  printf '%s\n' "$version"
}

# changelog_epoch CHANGELOG: when the newest version was made, in seconds.
changelog_epoch() {
  date --utc --date="$(sed --quiet 's/^ -- .*>  //p' "$1" | head --lines=1)" +%s
}

# run_rpmbuild OPTION...: what the build needs is checked before. rpm could not do that:
# on Debian its database is empty. SOURCE_DATE_EPOCH is set.
run_rpmbuild() {
  # The same bytes wherever and whenever it is built. Of the last two, older versions
  # of rpm know one, newer ones the other.
  rpmbuild --nodeps --target aarch64 \
    --define "_buildhost localhost" \
    --define "use_source_date_epoch_as_buildtime 1" \
    --define "clamp_mtime_to_source_date_epoch 1" \
    --define "build_mtime_policy clamp_to_source_date_epoch" "$@" >"$work/log" 2>&1 || {
    cat "$work/log" >&2
    die "rpmbuild failed: see above"
  }
}

# can_build_tools: on arm64, or across; the programs for that begin with $cross.
can_build_tools() {
  local packages="gcc-aarch64-linux-gnu pkgconf:arm64 libkmod-dev:arm64 libjson-c-dev:arm64"
  local how="dpkg --add-architecture arm64 && apt update && apt install $packages"
  cross=aarch64-linux-gnu-
  [ "$(uname -m)" != aarch64 ] || cross='' how="apt install gcc pkgconf libkmod-dev libjson-c-dev"
  command -v "${cross}gcc" >/dev/null && command -v "${cross}pkg-config" >/dev/null &&
    "${cross}pkg-config" --exists libkmod json-c && return
  printf '%s: nvgrace-gpu-tools is left out: it needs gcc, pkgconf, and what libkmod and json-c have for developers, for arm64 (Debian: %s)\n' "$step" "$how" >&2
  return 1
}
