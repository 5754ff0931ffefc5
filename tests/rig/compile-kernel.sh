#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# compile-kernel.sh SOURCE TREE NAME exact|known|own CONFIG...: configures the kernel in
# SOURCE with what the CONFIG files say and nothing else, builds it for arm64, and installs it
# in TREE as Debian's packages would: image, modules, and headers to build modules
# against. NAME becomes a part of its release. Tells of its progress on
# descriptor 3. Runs inside the root.
#
# exact   every line has to be taken
# known   but for options that this kernel does not have at all
# own     there are no CONFIG files: SOURCE has a configuration

set -euo pipefail

source=$1 tree=$2 name=$3 how=$4
shift 4

# version FIELD: a line of the kernel's version.
version() {
  sed --quiet "s/^$1 = *//p" "$source/Makefile" | head --lines=1
}

# The newest compiler that a kernel of this age stands.
gcc=14
[ $(($(version VERSION) * 1000 + $(version PATCHLEVEL))) -ge 6006 ] || gcc=12

# A name that begins with the version does not repeat it in the release.
make=(
  make --directory="$source" --no-print-directory ARCH=arm64
  CROSS_COMPILE=aarch64-linux-gnu- CC="aarch64-linux-gnu-gcc-$gcc"
  LOCALVERSION="-${name#"$(version VERSION).$(version PATCHLEVEL).$(version SUBLEVEL)$(version EXTRAVERSION)-"}"
  KBUILD_BUILD_USER=rig KBUILD_BUILD_HOST=rig
)

configure() {
  if [ "$how" = own ]; then
    "${make[@]}" olddefconfig
    return
  fi
  cat "$@" >"$source/rig.config"
  "${make[@]}" KCONFIG_ALLCONFIG=rig.config allnoconfig
  check_configuration
}

# What depends on something else that is off gets lost without a word.
check_configuration() {
  local line option lost=() unknown=()
  while IFS= read -r line; do
    option=${line#\# }
    option=${option%%[ =]*}
    if [ "$line" = "# $option is not set" ]; then
      ! grep --quiet "^$option=" "$source/.config" || lost+=("$line")
    elif ! grep --quiet --line-regexp --fixed-strings "$line" "$source/.config"; then
      if [ "$how" = known ] && ! has_option "${option#CONFIG_}"; then
        unknown+=("$option")
      else
        lost+=("$line")
      fi
    fi
  done < <(sed --quiet '/^CONFIG_/p; /^# CONFIG_.* is not set$/p' "$source/rig.config")
  [ "${#unknown[@]}" -eq 0 ] || echo "rig: this kernel has no ${unknown[*]}"
  if [ "${#lost[@]}" -gt 0 ]; then
    printf 'rig:   %s\n' "${lost[@]}"
    echo "rig: error: this kernel's source does not take the lines above of tests/rig/kernel-config" >&2
    exit 1
  fi
}

has_option() {
  grep --quiet --recursive --extended-regexp --include='Kconfig*' "^[[:space:]]*(menu)?config[[:space:]]+$1[[:space:]]*\$" "$source"
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
# Older kernels have none by itself.
install_headers() {
  local headers=$tree/usr/src/linux-headers-$1
  mkdir --parents "$headers"
  cd "$source"
  if [ -f scripts/package/install-extmod-build ]; then
    srctree=. SRCARCH=arm64 CC=gcc HOSTCC=gcc KCONFIG_CONFIG=.config scripts/package/install-extmod-build "$headers"
  else
    {
      printf '%s\n' Makefile Module.symvers
      find arch/arm64 -maxdepth 1 -name 'Makefile*'
      find include scripts arch/arm64/include -type f -o -type l
    } | tar --create --files-from=- | tar --extract --directory="$headers"
  fi
  cp .config "$headers/"
}

configure "$@"
"${make[@]}" --jobs="$(nproc)" Image modules 3>&- | progress
release=$("${make[@]}" --silent kernelrelease)
install_image "$release"
install_headers "$release"
