#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# pack-initrd.sh base RELEASE TREE BUILD    makes BUILD/base.cpio: what all hosts
#                                           of a kernel have in common
# pack-initrd.sh host SCENARIO-FILE FOLDER BUILD
#                                           makes FOLDER/initrd of the scenario's ACPI
#                                           table, the base and FOLDER/files
# Runs inside the root.

set -euo pipefail

archive() {
  (cd "$1" && find . -mindepth 1 -printf '%P\n' | LC_ALL=C sort | cpio --create --format=newc --owner=0:0 --quiet)
}

# Modules the driver stands on, and vfio-pci itself to compare with.
pack_base() {
  local release=$1 tree=$2 build=$3 files=/tmp/base line module
  mkdir --parents "$files/bin" "$files/rig/modules"
  cp /opt/arm64/usr/bin/busybox "$files/bin/"
  cp "$(dirname "$0")/init" "$files/init"
  modprobe --dirname "$tree" --set-version "$release" --show-depends --all vfio_iommu_type1 vfio-pci |
    awk '$1 == "insmod" && !seen[$2]++ { print $2 }' >/tmp/modules
  while IFS= read -r line; do
    module=$(basename "$line" | sed 's/\.ko.*/.ko/')
    case $line in
      *.xz) xz --decompress --stdout "$line" >"$files/rig/modules/$module" ;;
      *.zst) zstd --decompress --quiet --stdout "$line" >"$files/rig/modules/$module" ;;
      *) cp "$line" "$files/rig/modules/$module" ;;
    esac
    printf '/rig/modules/%s\n' "$module" >>"$files/rig/modules/list"
  done </tmp/modules
  for module in "$build"/src/nvgrace-gpu-vfio-pci.ko "$build"/gpu/virtual_gpu.ko; do
    aarch64-linux-gnu-strip --strip-debug -o "$files/rig/modules/$(basename "$module")" "$module"
  done
  archive "$files" >"$build/base.cpio.new"
  mv "$build/base.cpio.new" "$build/base.cpio"
}

pack_host() {
  local scenario=$1 folder=$2 build=$3
  mkdir --parents /tmp/acpi/kernel/firmware/acpi
  "$(dirname "$0")/ssdt.sh" "$scenario" /tmp/ssdt.aml
  cp /tmp/ssdt.aml /tmp/acpi/kernel/firmware/acpi/
  { archive /tmp/acpi; cat "$build/base.cpio"; archive "$folder/files"; } >"$folder/initrd"
}

case $1 in
  base) shift; pack_base "$@" ;;
  host) shift; pack_host "$@" ;;
esac
