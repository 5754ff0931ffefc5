#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# root-tools.sh "PACKAGE..." (one a line): runs inside the new root and installs the tools there.

set -euo pipefail

apt-get update
packages=()
unpacked=()
while IFS= read -r package; do
  case $package in
    *[:/]*) unpacked+=("$package") ;;
    *) packages+=("$package") ;;
  esac
done <<<"$1"
apt-get --yes install "${packages[@]}"

# Only unpacked, beside the root: of another architecture, or with dependencies
# that would pull in half of another suite.
cd /tmp
for package in "${unpacked[@]}"; do
  folder=/opt/${package##*[:/]}
  mkdir --parents "$folder"
  apt-get --option APT::Sandbox::User=root download "$package"
  dpkg-deb --extract "${package%%[:/]*}"_*.deb "$folder"
done
apt-get clean
