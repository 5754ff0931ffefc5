#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# pack-initrd.sh base RELEASE TREE BUILD    makes BUILD/base.cpio: what all hosts
#                                           of a kernel have in common
# pack-initrd.sh host SCENARIO-FILE FOLDER BUILD
#                                           makes FOLDER/initrd of the scenario's ACPI
#                                           table, the base and FOLDER/files
# pack-initrd.sh system SCENARIO-FILE INITRD MODULE FOLDER
#                                           makes FOLDER/initrd of the table, a real system's
#                                           INITRD, and MODULE (the virtual GPU) with its
#                                           parameters FOLDER/virtual_gpu; SCENARIO-FILE
#                                           -: of INITRD only
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

# The ACPI table of a scenario, where the kernel looks for it.
archive_acpi() {
  mkdir --parents /tmp/acpi/kernel/firmware/acpi
  "$(dirname "$0")/ssdt.sh" "$1" /tmp/ssdt.aml
  cp /tmp/ssdt.aml /tmp/acpi/kernel/firmware/acpi/
  archive /tmp/acpi
}

pack_host() {
  local scenario=$1 folder=$2 build=$3
  { archive_acpi "$scenario"; cat "$build/base.cpio"; archive "$folder/files"; } >"$folder/initrd"
}

pack_system() {
  local scenario=$1 initrd=$2 module=$3 folder=$4 files=/tmp/system
  if [ "$scenario" = - ]; then
    cp "$initrd" "$folder/initrd"
    return
  fi
  mkdir --parents "$files/rig"
  cp /opt/arm64/usr/bin/busybox "$files/rig/"
  cp "$(dirname "$0")/system-init" "$files/rig/init"
  # not stripped: it may be signed
  cp "$folder/virtual_gpu" "$module" "$files/rig/"
  { archive_acpi "$scenario"; cat "$initrd"; } >"$folder/initrd"
  # an archive begins at a multiple of 4; zeros before it are skipped
  truncate --size=%512 "$folder/initrd"
  archive "$files" >>"$folder/initrd"
}

case $1 in
  base) shift; pack_base "$@" ;;
  host) shift; pack_host "$@" ;;
  system) shift; pack_system "$@" ;;
esac
