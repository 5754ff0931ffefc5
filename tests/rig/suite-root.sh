#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# suite-root.sh SUITE PACKAGES FOLDER: makes FOLDER, these packages of SUITE and all that
# they depend on, unpacked. Runs inside the root.

set -euo pipefail

suite=$1 packages=$2 folder=$3
mirror=$(awk '$1 == "deb" { print $2; exit }' /etc/apt/sources.list)
settings=()
while IFS= read -r line; do
  settings+=("--aptopt=$line")
done </etc/apt/apt.conf.d/50rig

if ! mmdebstrap --mode=root --variant=extract --include="$packages" --format=directory "${settings[@]}" \
  --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr "$suite" "$folder" "deb $mirror $suite main" 2>&1 | tee /tmp/log; then
  # In sid there are such days.
  ! grep --quiet --extended-regexp 'unmet dependencies|Unable to (locate|correct)|no installation candidate|Hash Sum mismatch|404 ' /tmp/log ||
    echo "rig: error: $packages of Debian's $suite cannot be installed today, which is the archive's fault: try again another day"
  exit 1
fi
