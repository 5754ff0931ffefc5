#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# system-image.sh SUITE RELEASE FOLDER: makes FOLDER/image.ext4, a Debian system for
# arm64 with kernel RELEASE, and FOLDER/boot with its kernel and initrd.
# Runs inside the root, on a machine where programs for arm64 run.

set -euo pipefail

suite=$1 release=$2 folder=$3
here=$(cd "$(dirname "$0")" && pwd)/system
tree=$folder/tree

packages() {
  sed 's/#.*//; /^[[:space:]]*$/d' "$here/packages.list"
  printf '%s\n' "linux-image-$release" "linux-headers-$release"
}

# Documentation stays out of the image, but not out of what is installed later:
# these are options of this run, the list of modules is the system's own.
bootstrap() {
  local mirror options=() line
  mirror=$(awk '$1 == "deb" { print $2; exit }' /etc/apt/sources.list)
  while IFS= read -r line; do
    options+=("--aptopt=$line")
  done </etc/apt/apt.conf.d/50rig
  # shellcheck disable=SC2016 # mmdebstrap expands $1
  mmdebstrap --mode=root --variant=apt --architectures=arm64 --format=directory "${options[@]}" \
    --dpkgopt=force-unsafe-io \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/info/*' \
    --setup-hook="$here/../system-files.sh before \"\$1\"" \
    --include="$(packages | paste --serial --delimiters=,)" \
    "$suite" "$tree" "deb $mirror $suite main"
}

# The newest kernel of a suite changes its name with its version.
explain() {
  grep --quiet --fixed-strings "linux-image-$release" "$folder/mmdebstrap.log" &&
    grep --quiet --extended-regexp 'Unable to locate package|has no installation candidate|not found' "$folder/mmdebstrap.log" || return 0
  echo "rig: error: Debian's $suite no longer has kernel $release: look for its newest one with rig kernel NAME --refresh"
}

bootstrap 2>&1 | tee "$folder/mmdebstrap.log" || { explain; exit 1; }
"$here/../system-files.sh" after "$tree"
mkdir "$folder/boot"
cp "$tree/boot/vmlinuz-$release" "$tree/boot/initrd.img-$release" "$folder/boot/"
# Nothing is written to an empty block of the file, so it takes only what is in it.
mke2fs -q -t ext4 -m 0 -L rig -E lazy_itable_init=0,lazy_journal_init=0 -d "$tree" "$folder/image.ext4" 8G
rm --recursive --force --one-file-system "$tree" "$folder/mmdebstrap.log"
