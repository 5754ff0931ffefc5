#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# qemu and libvirt: what they print is what is in golden/, QEMU takes its options, and
# libvirt's schemas its XML. Prints TAP. Runs inside the rig's root, which has both.
#
# guest.sh TOOL

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/tool.sh"

SECOND=0019:01:00.0

# One GPU whose memory the driver shows; one that it does not have.
tree_new one
put usr/share/qemu-efi-aarch64/QEMU_EFI.fd x
one=$tree
tree_new two
put usr/share/qemu-efi-aarch64/QEMU_EFI.fd x
pci_add "$SECOND" 0x10de 0x2345 0x030200 13
two=$tree

# prints NAME TREE ARGUMENT...: to stdout, what golden/NAME has; and what it says besides.
prints() {
  local name=$1 tree=$2
  shift 2
  "$tool" --root "$tree" "$@" >"$scratch/$name" 2>"$scratch/err" || { cat "$scratch/err"; return 1; }
  diff "$folder/golden/$name" "$scratch/$name"
}
prints_known() {
  prints "$@" && [ ! -s "$scratch/err" ]
}
prints_assumed() {
  prints "$@" && grep "512 GiB are assumed" "$scratch/err"
}
tap_check "qemu: one GPU" prints_known qemu-one.txt "$one" qemu "$GPU"
tap_check "qemu: two, one of unknown size" prints_assumed qemu-two.txt "$two" qemu "$GPU" "$SECOND"
tap_check "libvirt: one GPU" prints_known libvirt-one.xml "$one" libvirt "$GPU"
tap_check "libvirt: two, one of unknown size" prints_assumed libvirt-two.xml "$two" libvirt "$GPU" "$SECOND"

# QEMU without KVM and without the GPU, which is not here: another PCI function takes its
# place. It builds its tables, and is told to quit.
starts() {
  sed 's/accel=kvm/accel=tcg/; s/-cpu host/-cpu max/; s/memory-backend-ram/memory-backend-ram,reserve=off/
    s/vfio-pci,host=[^,]*/virtio-rng-pci/; s,-serial mon:stdio,-qmp stdio,' "$scratch/$1" >"$scratch/command"
  printf '%s\n' '{"execute": "qmp_capabilities"}' '{"execute": "query-memdev"}' '{"execute": "quit"}' |
    timeout 60 bash "$scratch/command" >"$scratch/qmp" 2>&1 || { cat "$scratch/qmp"; return 1; }
  cat "$scratch/qmp"
  grep --quiet '"SHUTDOWN"' "$scratch/qmp"
}
tap_check "QEMU takes the command line of one GPU" starts qemu-one.txt
tap_check "QEMU takes the command line of two GPUs" starts qemu-two.txt
# libvirt says -machine before, QEMU puts both together.
second_machine() {
  sed -i 's/,highmem-mmio-size=512G//; s/-cpu host/-machine highmem-mmio-size=512G -cpu host/' "$scratch/qemu-one.txt"
  starts qemu-one.txt
}
tap_check "QEMU takes the window of a second -machine, as libvirt's domain has it" second_machine

valid() {
  xmllint --noout --relaxng "/opt/$1/usr/share/libvirt/schemas/domain.rng" "$scratch/$2"
}
for suite in trixie sid; do
  tap_check "libvirt of $suite: schema, one GPU" valid "$suite" libvirt-one.xml
  tap_check "libvirt of $suite: schema, two GPUs" valid "$suite" libvirt-two.xml
done
invalid() {
  sed 's/pcie-root-port/pcie-rootport/' "$scratch/libvirt-one.xml" >"$scratch/invalid.xml"
  ! valid trixie invalid.xml
}
tap_check "the schema refuses what it should" invalid

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
  tree_new many
  for slot in {1..16}; do
    bdfs+=("$(printf '0009:%02x:00.0' "$slot")")
    [ "$slot" -eq 1 ] || pci_add "${bdfs[-1]}" 0x10de 0x2342 0x030200 "$((11 + slot))"
  done
  "$tool" --root "$tree" qemu "${bdfs[@]:0:15}" >/dev/null && ! "$tool" --root "$tree" qemu "${bdfs[@]}"
}
tap_check "15 GPUs, and no more" sixteen

tap_done
