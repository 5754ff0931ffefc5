#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make-site.sh PACKAGES FOLDER HEADERS KEY: makes FOLDER/repo, a signed repository of this
# version of the packages in PACKAGES, and of the module for the kernel with HEADERS, signed
# with KEY.key, whose certificate is KEY.pem. Runs inside the root.

set -euo pipefail

packages=$1 folder=$2 headers=$3 key=$4
version=$(cat VERSION)
gnupg=$(mktemp --directory)
trap 'gpgconf --homedir "$gnupg" --kill all; rm --recursive --force "$gnupg"' EXIT
export GNUPGHOME=$gnupg

mkdir --parents "$folder"
cp "$packages"/*_"${version}"_*.deb "$packages"/*-"${version}"-1.*.rpm "$folder"
make --silent modules OUT="$folder" KDIR="$headers" KEY="$key.key" CERT="$key.pem"
gpg --batch --quiet --passphrase '' --quick-generate-key site@packages.invalid default default never
make --silent repo OUT="$folder" KEY=site@packages.invalid URL=file:/rig/site/repo
