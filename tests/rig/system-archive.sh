#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# system-archive.sh IMAGE FOLDER PACKAGE...: makes FOLDER an archive for apt with the
# packages and all that they need beyond what is in the system of IMAGE. Runs inside the root.

set -euo pipefail

image=$1 folder=$2
shift 2
work=$(mktemp --directory)
trap 'rm --recursive --force "$work"' EXIT

debugfs -R "dump /var/lib/dpkg/status $work/status" "$image" 2>/dev/null
[ -s "$work/status" ] || { echo "rig: error: $image has no list of packages" >&2; exit 1; }
mkdir --parents "$folder/partial"
# The system's architecture and packages, but this root's lists of what there is.
apt-get --yes --download-only --no-install-recommends \
  --option APT::Architecture=arm64 --option APT::Architectures::=arm64 --option APT::Sandbox::User=root \
  --option "Dir::State::status=$work/status" --option "Dir::Cache::archives=$folder/" \
  --option Dir::Cache::pkgcache= --option Dir::Cache::srcpkgcache= \
  install "$@"
cd "$folder"
rm --recursive --force partial lock
apt-ftparchive packages . >Packages
