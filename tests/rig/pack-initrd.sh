#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# pack-initrd.sh base RELEASE TREE BUILD    makes BUILD/base.cpio: what all hosts
#                                           of a kernel have in common
# pack-initrd.sh guest RELEASE TREE BUILD KERNEL INIT
#                                           makes BUILD/guest.cpio of QEMU, and of KERNEL
#                                           and an initrd with INIT for its guests
# pack-initrd.sh host SCENARIO-FILE FOLDER BUILD [guest]
#                                           makes FOLDER/initrd of the scenario's ACPI
#                                           table, the base and FOLDER/files; guest: can
#                                           start guests
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

# pack_modules RELEASE TREE FILES LIST MODULE...: modules of the kernel and what they need, into
# FILES/rig/modules, and LIST there, in order.
pack_modules() {
  local release=$1 tree=$2 files=$3 list=$4 line module
  shift 4
  mkdir --parents "$files/rig/modules"
  modprobe --dirname "$tree" --set-version "$release" --show-depends --all "$@" |
    awk '$1 == "insmod" && !seen[$2]++ { print $2 }' >/tmp/modules
  while IFS= read -r line; do
    module=$(basename "$line" | sed 's/\.ko.*/.ko/')
    case $line in
      *.xz) xz --decompress --stdout "$line" >"$files/rig/modules/$module" ;;
      *.zst) zstd --decompress --quiet --stdout "$line" >"$files/rig/modules/$module" ;;
      *) cp "$line" "$files/rig/modules/$module" ;;
    esac
    printf '/rig/modules/%s\n' "$module" >>"$files/rig/modules/$list"
  done </tmp/modules
}

# Modules the driver stands on, and vfio-pci itself to compare with.
pack_base() {
  local release=$1 tree=$2 build=$3 files=/tmp/base container=vfio_iommu_type1 module
  mkdir --parents "$files/bin"
  cp /opt/arm64/usr/bin/busybox "$files/bin/"
  cp "$(dirname "$0")/init" "$files/init"
  # Some kernels have iommufd behind /dev/vfio/vfio in place of that.
  modprobe --dirname "$tree" --set-version "$release" --show-depends vfio_iommu_type1 >/dev/null 2>&1 || container=iommufd
  pack_modules "$release" "$tree" "$files" list "$container" vfio-pci
  # For a scenario that needs it.
  ! modprobe --dirname "$tree" --set-version "$release" --show-depends aer_inject >/dev/null 2>&1 ||
    pack_modules "$release" "$tree" "$files" list aer_inject
  for module in "$build"/src/nvgrace-gpu-vfio-pci.ko "$build"/gpu/virtual_gpu.ko; do
    aarch64-linux-gnu-strip --strip-debug -o "$files/rig/modules/$(basename "$module")" "$module"
  done
  archive "$files" >"$build/base.cpio.new"
  mv "$build/base.cpio.new" "$build/base.cpio"
}

# pack_program FILES PROGRAM: from /opt/arm64, with the libraries it is linked to.
pack_program() {
  local files=$1 libraries=usr/lib/aarch64-linux-gnu todo=("$2") file
  ln --symbolic usr/lib "$files/lib"
  mkdir --parents "$files/$libraries"
  cp --dereference /opt/arm64/usr/lib/ld-linux-aarch64.so.1 "$files/usr/lib/"
  while [ "${#todo[@]}" -gt 0 ]; do
    file=${todo[-1]}
    unset 'todo[-1]'
    [ ! -e "$files/$file" ] || continue
    mkdir --parents "$(dirname "$files/$file")"
    cp --dereference "/opt/arm64/$file" "$files/$file"
    while IFS= read -r file; do
      todo+=("$libraries/$file")
    done < <(aarch64-linux-gnu-readelf --dynamic "$files/$file" | sed --quiet 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
  done
}

# A guest boots what the host does, but for the init.
pack_guest() {
  local release=$1 tree=$2 build=$3 kernel=$4 init=$5 files=/tmp/host own=/tmp/guest
  mkdir --parents "$files/rig/guest" "$own"
  pack_program "$files" usr/bin/qemu-system-aarch64
  cp "$kernel" "$files/rig/guest/kernel"
  cp /usr/share/qemu-efi-aarch64/QEMU_EFI.fd "$files/rig/guest/firmware"
  pack_modules "$release" "$tree" "$own" iommu virtio-iommu
  aarch64-linux-gnu-strip -o "$own/init" "$init"
  { cat "$build/base.cpio"; archive "$own"; } >"$files/rig/guest/initrd"
  archive "$files" >"$build/guest.cpio.new"
  mv "$build/guest.cpio.new" "$build/guest.cpio"
}

# The ACPI table of a scenario, where the kernel looks for it.
archive_acpi() {
  mkdir --parents /tmp/acpi/kernel/firmware/acpi
  "$(dirname "$0")/ssdt.sh" "$1" /tmp/ssdt.aml
  cp /tmp/ssdt.aml /tmp/acpi/kernel/firmware/acpi/
  archive /tmp/acpi
}

pack_host() {
  local scenario=$1 folder=$2 build=$3 guest=${4:-}
  { archive_acpi "$scenario"; cat "$build/base.cpio" ${guest:+"$build/guest.cpio"}; archive "$folder/files"; } >"$folder/initrd"
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
  guest) shift; pack_guest "$@" ;;
  host) shift; pack_host "$@" ;;
  system) shift; pack_system "$@" ;;
esac
