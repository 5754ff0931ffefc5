#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# compile-kernel.sh SOURCE TREE NAME CONFIG...: configures the kernel in SOURCE with
# what the CONFIG files say and nothing else, builds it for arm64, and installs it
# in TREE as Debian's packages would: image, modules, and headers to build modules
# against. NAME becomes a part of its release. Tells of its progress on
# descriptor 3. Runs inside the root.

set -euo pipefail

source=$1 tree=$2 name=$3
shift 3

make=(
  make --directory="$source" --no-print-directory ARCH=arm64
  CROSS_COMPILE=aarch64-linux-gnu- CC=aarch64-linux-gnu-gcc-14 LOCALVERSION="-$name"
  KBUILD_BUILD_USER=rig KBUILD_BUILD_HOST=rig
)

configure() {
  local line missing=0
  cat "$@" >"$source/rig.config"
  "${make[@]}" KCONFIG_ALLCONFIG=rig.config allnoconfig
  # What depends on something else that is off gets lost without a word.
  while IFS= read -r line; do
    grep --quiet --line-regexp --fixed-strings "$line" "$source/.config" || { echo "rig:   $line" && missing=1; }
  done < <(sed --quiet '/^CONFIG_/p; /^# CONFIG_.* is not set$/p' "$source/rig.config")
  if [ "$missing" -ne 0 ]; then
    echo "rig: error: this kernel's source does not take the lines above of tests/rig/kernel-config" >&2
    exit 1
  fi
}

# A word now and then from the lines that make prints for each file.
progress() {
  local line files=0
  while IFS= read -r line; do
    printf '%s\n' "$line"
    [[ $line =~ ^\ +(CC|AS|LD|AR)\  ]] || continue
    files=$((files + 1))
    [ $((files % 250)) -ne 0 ] || printf 'rig: building kernel %s: %d files\n' "$name" "$files" >&3
  done
}

install_image() {
  local release=$1 modules=$tree/usr/lib/modules/$1
  "${make[@]}" INSTALL_MOD_PATH="$tree/usr" INSTALL_MOD_STRIP=1 modules_install
  rm --force "$modules/build"
  cp "$source/arch/arm64/boot/Image" "$modules/vmlinuz"
}

# The kernel's own script for packages of headers, told that its programs are to run here.
install_headers() {
  local headers=$tree/usr/src/linux-headers-$1
  (cd "$source" && srctree=. SRCARCH=arm64 CC=gcc HOSTCC=gcc scripts/package/install-extmod-build "$headers")
  cp "$source/.config" "$headers/"
}

configure "$@"
"${make[@]}" --jobs="$(nproc)" Image modules 3>&- | progress
release=$("${make[@]}" --silent kernelrelease)
install_image "$release"
install_headers "$release"
