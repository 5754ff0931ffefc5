#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# root-tools.sh "PACKAGE..." (one a line): runs inside the new root and installs the tools there.

set -euo pipefail

apt-get update
packages=()
foreign=()
while IFS= read -r package; do
  case $package in
    *:*) foreign+=("$package") ;;
    *) packages+=("$package") ;;
  esac
done <<<"$1"
apt-get --yes install "${packages[@]}"

# Packages of the other architecture are only unpacked, beside the root: they are
# copied into virtual hosts, and their maintainer scripts could not run here.
mkdir --parents /opt/guest
cd /tmp
for package in "${foreign[@]}"; do
  apt-get --option APT::Sandbox::User=root download "$package"
  dpkg-deb --extract "${package%%:*}"_*.deb /opt/guest
done
apt-get clean
