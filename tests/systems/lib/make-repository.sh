#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make-repository.sh FOLDER: makes FOLDER/repo, signed repositories with three versions
# of the packages: this one, a higher one, and one still higher that cannot be compiled.
# FOLDER/repo/version is this one. Runs inside the root.

set -euo pipefail

folder=$1
version=$(cat VERSION)
work=$(mktemp --directory)
trap 'gpgconf --homedir "$work/gpg" --kill all; rm --recursive --force "$work"' EXIT
export GNUPGHOME=$work/gpg DEBFULLNAME=Test DEBEMAIL=test@packages.invalid

# make_version NAME VERSION: the source as it is there, as another version.
make_version() {
  local tree=$work/$1
  make --silent dist OUT="$work/dist" >/dev/null
  mkdir "$tree"
  tar --extract --file="$work/dist/nvgrace-gpu-vfio-pci-$version.tar.gz" --directory="$tree" --strip-components=1
  "$tree/scripts/new-version.sh" "$2" "For a test."
}

packages() {
  make --silent --directory="$1" deb rpm OUT="$folder/packages"
}

rm --recursive --force "$folder"
mkdir --parents "$folder"
mkdir --mode=700 "$GNUPGHOME"
packages .
make_version next "$version.1"
packages "$work/next"
make_version broken "$version.2"
echo '#error a source that this kernel does not take' >>"$work/broken/src/range.c"
packages "$work/broken"
gpg --batch --quiet --passphrase '' --quick-generate-key test@packages.invalid default default never
make --silent repo OUT="$folder/packages" KEY=test@packages.invalid URL=file:/rig/repo
mv "$folder/packages/repo" "$folder/repo"
printf '%s\n' "$version" >"$folder/repo/version"
