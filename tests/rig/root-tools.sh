#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# root-tools.sh "PACKAGE..." (one a line): runs inside the new root and installs the tools there.

set -euo pipefail

apt-get update
packages=()
arm64=()
unpacked=()
while IFS= read -r package; do
  case $package in
    *:arm64) arm64+=("$package") ;;
    */*) unpacked+=("$package") ;;
    *) packages+=("${package/@/:}") ;;
  esac
done <<<"$1"
apt-get --yes install "${packages[@]}"
apt-get clean

# unpack FOLDER FILE...: only unpacked, beside the root.
unpack() {
  local folder=$1 file
  shift
  mkdir --parents "$folder"
  for file; do
    dpkg-deb --extract "$file" "$folder"
  done
}

# Of another architecture: as if nothing were installed yet, so nothing is missing.
touch /tmp/status
apt-get --yes --option Dir::State::status=/tmp/status --option APT::Architecture=arm64 \
  --option APT::Sandbox::User=root --no-install-recommends --download-only install "${arm64[@]}"
unpack /opt/arm64 /var/cache/apt/archives/*.deb
apt-get clean

# Of another suite: what it depends on would pull in half of that.
cd /tmp
for package in "${unpacked[@]}"; do
  apt-get --option APT::Sandbox::User=root download "$package"
  unpack "/opt/${package##*/}" "${package%%/*}"_*.deb
  rm "${package%%/*}"_*.deb
done
