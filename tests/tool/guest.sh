#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# qemu and libvirt: what they print is what is in golden/, QEMU takes its options, and
# libvirt's schemas its XML. Prints TAP. Runs inside the rig's root, which has both.
#
# guest.sh TOOL

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/tool.sh"
# shellcheck source-path=SCRIPTDIR
. "$folder/guests.sh"

SECOND=0019:01:00.0

# host NAME: one GPU whose memory the driver shows.
host() {
  tree_new "$1"
  firmware
  answers qemu-10.0 libvirt-11.3
}

host one
one=$tree
# And one that has no driver.
host two
pci_add "$SECOND" 0x10de 0x2345 0x030200 13
two=$tree

prints_assumed() {
  prints "$@" && grep "512 GiB are assumed" "$scratch/err" && grep "17 NUMA nodes" "$scratch/err"
}
tap_check "qemu: one GPU" prints_known qemu-one.txt "$one" qemu "$GPU"
tap_check "libvirt: one GPU" prints_known libvirt-one.xml "$one" libvirt "$GPU"
tap_check "libvirt: two, one of unknown size" prints_assumed libvirt-two.xml "$two" libvirt "$GPU" "$SECOND"
tap_check "QEMU takes the command line of one GPU" starts qemu-one.txt
# libvirt says -machine before, QEMU puts both together.
second_machine() {
  sed -i 's/,highmem-mmio-size=512G//; s/-cpu host/-machine highmem-mmio-size=512G -cpu host/' "$scratch/qemu-one.txt"
  starts qemu-one.txt
}
tap_check "QEMU takes the window of a second -machine, as libvirt's domain has it" second_machine
for suite in trixie sid; do
  tap_check "libvirt of $suite: schema, one GPU" valid "$suite" libvirt-one.xml
  tap_check "libvirt of $suite: schema, two GPUs" valid "$suite" libvirt-two.xml
done
invalid() {
  sed 's/pcie-root-port/pcie-rootport/' "$scratch/libvirt-one.xml" >"$scratch/invalid.xml"
  ! valid trixie invalid.xml
}
tap_check "the schema refuses what it should" invalid

# --- what keeps a guest from starting

tree=$two
tap_check "qemu: a GPU without a driver" refused "$SECOND has no driver: nvgrace-gpu bind $SECOND" qemu "$GPU" "$SECOND"
pci_bind "$SECOND" vfio-pci
tap_check "qemu: a GPU that another driver has" refused "$SECOND is bound to vfio-pci, which does not give its memory" qemu "$SECOND"

# refuses NAME CHANGE TEXT ARGUMENT...: a host with one GPU after CHANGE, a function.
refuses() {
  local name=$1 change=$2
  shift 2
  host state
  "$change"
  tap_check "$name" refused "$@"
}
no_firmware() { rm "$tree/usr/share/qemu-efi-aarch64/QEMU_EFI.fd"; }
no_firmware_of_libvirt() { no_firmware; sed --in-place '/<value>efi/d' "$tree/answers/virsh"*; }
no_initiators() { lacks acpi-generic-initiator; }
old_and_large() { lacks highmem-mmio-size; put "sys/bus/pci/devices/$GPU/nvgrace_gpu/usemem_bar_size" $((512 << 30)); }
old_libvirt() { cdev "$GPU"; put "boot/config-$RELEASE" CONFIG_VFIO_DEVICE_CDEV=y; }
few_pages() { put proc/meminfo $'HugePages_Free:       10\nHugepagesize:       524288 kB'; }
refuses "qemu: no firmware" no_firmware "there is no UEFI firmware" qemu "$GPU"
refuses "libvirt: no firmware" no_firmware_of_libvirt "there is no UEFI firmware for arm64 guests that libvirt knows" libvirt "$GPU"
refuses "firmware that is not there" nothing "/no/where.fd is not there" qemu "$GPU" --firmware /no/where.fd
refuses "QEMU without generic initiators" no_initiators "this QEMU is too old: it has no acpi-generic-initiator" qemu "$GPU"
refuses "QEMU whose window is too small" old_and_large "its PCI window has 512 GiB, and the BARs need 1024 GiB" qemu "$GPU"
refuses "--iommufd yes, without the device" nothing "--iommufd yes: this kernel has no character devices of VFIO" qemu "$GPU" --iommufd yes
refuses "--iommufd yes, with an old libvirt" old_libvirt "--iommufd yes: libvirt has iommufd from 12.1 on" libvirt "$GPU" --iommufd yes
refuses "--smmu accel, with an old QEMU" nothing "--smmu accel: the SMMU of this QEMU cannot be accelerated" qemu "$GPU" --smmu accel
refuses "too few huge pages" few_pages "10 huge pages of 524288 KiB are free, and 32 are wanted" qemu "$GPU" --hugepages
refuses "no huge pages" nothing "this host has no huge pages" qemu "$GPU" --hugepages
refuses "a bridge that is not there" nothing "br7 is no bridge of this host" qemu "$GPU" --network br7
refuses "a disk that is not there" nothing "/no/disk is not there" qemu "$GPU" --disk /no/disk

# --- options

host options
put proc/meminfo $'HugePages_Free:       32\nHugepagesize:       524288 kB'
put srv/disk.qcow2 $'QFI\xfb'
put srv/firmware.fd x
mkdir --parents "$tree/sys/class/net/br0/bridge"
options=$tree
all=(--memory 4096M --cpus 2 --name first --disk /srv/disk.qcow2 --network br0 --firmware /srv/firmware.fd --hugepages)
tap_check "qemu: every option" prints_known qemu-options.txt "$options" qemu "$GPU" "${all[@]}"
tap_check "QEMU takes every option" starts qemu-options.txt
tap_check "libvirt: every option" prints_known libvirt-options.xml "$options" libvirt "$GPU" "${all[@]}"
tap_check "libvirt of trixie: schema, every option" valid trixie libvirt-options.xml
behind=(--smmu emulated --disk /srv/disk.qcow2 --network user)
tap_check "qemu: an emulated SMMU" prints_known qemu-emulated.txt "$options" qemu "$GPU" "${behind[@]}"
tap_check "QEMU takes an emulated SMMU" starts qemu-emulated.txt
tap_check "libvirt: an emulated SMMU" prints_known libvirt-emulated.xml "$options" libvirt "$GPU" "${behind[@]}"
tap_check "libvirt of trixie: schema, an emulated SMMU" valid trixie libvirt-emulated.xml
explains_smmu() {
  run 0 libvirt "$GPU" --explain "${behind[@]}" && says "SMMU       emulated: --smmu emulated, for its other devices: the GPUs pass it by" "that they do is given to QEMU past libvirt"
}
tap_check "libvirt: why there is an emulated SMMU" explains_smmu
wrong() {
  run 64 "$@"
}
for option in "--memory 16" "--memory 16K" "--memory 64M" "--memory 99999999999T" "--cpus 0" "--cpus 513" "--name a'b" "--disk disk" "--disk /a,b" "--smmu yes" "--iommufd accel" "--network a;b"; do
  # shellcheck disable=SC2086 # two words
  tap_check "not an option: $option" wrong qemu "$GPU" $option
done
tap_check "options of a guest are not those of another command" wrong list --memory 16G
old_window() {
  host state
  lacks highmem-mmio-size
  run 0 qemu "$GPU" && ! grep highmem-mmio-size "$scratch/out"
}
tap_check "QEMU without a choice of the window is not told of it" old_window
unasked() {
  host state
  rm --recursive "$tree/answers"
  run 0 qemu "$GPU" && says "this is for QEMU 10.0" highmem-mmio-size=512G
}
tap_check "QEMU that does not answer is one of 10.0" unasked

# --- the window

# window SIZE WINDOW: for a GPU with a BAR4 of that size.
window() {
  tree=$one
  put "sys/bus/pci/devices/$GPU/nvgrace_gpu/usemem_bar_size" "$1"
  "$tool" --root "$one" qemu "$GPU" >"$scratch/out" && grep "highmem-mmio-size=$2 " "$scratch/out"
}
tap_check "window: BAR4 of 256 GiB and the rest fit into 512 GiB" window $((256 << 30)) 512G
tap_check "window: BAR4 of 512 GiB and the rest do not" window $((512 << 30)) 1024G
too_large() {
  tree=$one
  put "sys/bus/pci/devices/$GPU/nvgrace_gpu/usemem_bar_size" "$1"
  ! "$tool" --root "$one" qemu "$GPU" 2>"$scratch/err" && cat "$scratch/err" && grep --quiet "too large for a guest" "$scratch/err"
}
tap_check "a BAR of 64 TiB is too large" too_large $((64 << 40))
tap_check "a BAR of 2^64 - 1 is too large" too_large 18446744073709551615
sixteen() {
  local slot bdfs=()
  host many
  for slot in {1..16}; do
    bdfs+=("$(printf '0009:%02x:00.0' "$slot")")
    [ "$slot" -eq 1 ] || pci_add "${bdfs[-1]}" 0x10de 0x2342 0x030200 "$((11 + slot))"
  done
  run 0 libvirt "${bdfs[@]:0:15}" >/dev/null && refused "one guest can have 15 GPUs" libvirt "${bdfs[@]}"
}
tap_check "15 GPUs, and no more" sixteen

tap_done
