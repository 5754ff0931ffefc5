#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# system-image.sh SUITE RELEASE FOLDER: makes FOLDER/image.ext4, a Debian system for
# arm64 with kernel RELEASE, and FOLDER/boot with its kernel and initrd.
# Runs inside the root, on a machine where programs for arm64 run.

set -euo pipefail

suite=$1 release=$2 folder=$3
here=$(cd "$(dirname "$0")" && pwd)
tree=$folder/tree

# Documentation stays out of the image, but not out of what is installed later:
# these are options of this run, the list of modules is the system's own.
options=(force-unsafe-io)
for path in man locale doc info; do
  options+=("path-exclude=/usr/share/$path/*")
done

packages() {
  awk -v suite="$suite" '!/^#/ && NF && (NF == 1 || $2 == suite) { print $1 }' "$here/system/packages.list"
  printf '%s\n' "linux-image-$release" "linux-headers-$release"
}

# Only what every system has; the rest is the hook's, which is quicker.
bootstrap() {
  local mirror settings=() line
  mirror=$(awk '$1 == "deb" { print $2; exit }' /etc/apt/sources.list)
  while IFS= read -r line; do
    settings+=("--aptopt=$line")
  done </etc/apt/apt.conf.d/50rig
  mmdebstrap --mode=root --variant=essential --architectures=arm64 --format=directory \
    "${settings[@]}" "${options[@]/#/--dpkgopt=}" \
    --setup-hook="$here/system-tree.sh before \"\$1\"" \
    --customize-hook="$here/system-tree.sh install \"\$1\" $(packages | paste --serial --delimiters=' ') -- ${options[*]@Q}" \
    --customize-hook="$here/system-tree.sh initrd \"\$1\" $release" \
    "$suite" "$tree" "deb $mirror $suite main"
}

# The newest kernel of a suite changes its name with its version.
explain() {
  ! grep --quiet "linux-.*-$release.*\(Unable to locate\|no installation candidate\)\|Unable to locate.*linux-.*-$release" \
    "$folder/mmdebstrap.log" ||
    echo "rig: error: Debian's $suite no longer has kernel $release: look for its newest one with rig kernel NAME --refresh"
}

if ! bootstrap 2>&1 | tee "$folder/mmdebstrap.log"; then
  explain
  exit 1
fi
"$here/system-tree.sh" after "$tree"
mkdir "$folder/boot"
cp "$tree/boot/vmlinuz-$release" "$tree/boot/initrd.img-$release" "$folder/boot/"
# Nothing is written to an empty block of the file, so it takes only what is in it.
mke2fs -q -t ext4 -m 0 -L rig -E lazy_itable_init=0,lazy_journal_init=0 -d "$tree" "$folder/image.ext4" 8G
rm --recursive --force --one-file-system "$tree" "$folder/mmdebstrap.log"
