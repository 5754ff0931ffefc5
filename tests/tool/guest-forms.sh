#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# qemu and libvirt on hosts that can do what NVIDIA documents for these machines: an accelerated
# SMMU for each of the host's, iommufd, windows, nodes near the GPUs. Prints TAP. Runs inside
# the rig's root, which has QEMU and schemas of libvirt.
#
# guest-forms.sh TOOL

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/tool.sh"
# shellcheck source-path=SCRIPTDIR
. "$folder/guests.sh"

# forms NAME BDF...: both, golden, and taken by QEMU and by libvirt's schemas.
prints_many() {
  prints "$@" && ! grep --invert-match "NUMA nodes; a kernel" "$scratch/err"
}
forms() {
  local name=$1
  shift
  tap_check "$name: qemu" prints_many "qemu-$name.txt" "$tree" qemu "$@"
  tap_check "$name: QEMU takes it" starts "qemu-$name.txt"
  tap_check "$name: libvirt" prints_many "libvirt-$name.xml" "$tree" libvirt "$@"
  tap_check "$name: libvirt's schema" valid sid "libvirt-$name.xml"
}

gh200=0009:01:00.0/smmu3.0x0000000005000000/0
documented_host gh200 0x2342 $((128 << 30)) "$gh200"
forms one-gh200 0009:01:00.0
one=$tree
documented_host two-gh200 0x2342 $((128 << 30)) "$gh200" 0019:01:00.0/smmu3.0x0000100005000000/1
forms two-gh200 0009:01:00.0 0019:01:00.0

# Two of them are behind each SMMU, on each socket.
gb=(0008:06:00.0/smmu3.0x0000000005000000/0 0009:06:00.0/smmu3.0x0000000005000000/0
  0018:06:00.0/smmu3.0x0000100005000000/1 0019:06:00.0/smmu3.0x0000100005000000/1)
documented_host gb200 0x2941 $((256 << 30)) "${gb[@]}"
forms four-gb200 "${gb[@]%%/*}"
documented_host gb300 0x31c2 $((512 << 30)) "${gb[@]}"
forms four-gb300 "${gb[@]%%/*}"

# documented NAME WINDOW SMMUS GPUS: what NVIDIA's configurations have.
documented() {
  local file=$scratch/qemu-$1.txt
  grep --quiet -- "-M virt,accel=kvm,gic-version=3,ras=on,highmem-mmio-size=$2 " "$file" &&
    grep --quiet -- '-object iommufd,id=iommufd0' "$file" &&
    [ "$(grep --count -- '-device pxb-pcie,' "$file")" -eq "$3" ] &&
    [ "$(grep --count -- '-device arm-smmuv3,primary-bus=pxb[0-9],id=smmu[0-9],accel=on,ats=on,ril=off,ssidsize=20,oas=48' "$file")" -eq "$3" ] &&
    [ "$(grep --count -- '-device pcie-root-port,.*,io-reserve=0' "$file")" -eq "$4" ] &&
    [ "$(grep --count -- '-device vfio-pci-nohotplug,.*,rombar=0,iommufd=iommufd0' "$file")" -eq "$4" ] &&
    [ "$(grep --count -- '-object acpi-generic-initiator,' "$file")" -eq $((8 * $4)) ]
}
tap_check "one GH200: as documented" documented one-gh200 4096G 1 1
tap_check "two GH200: as documented" documented two-gh200 4096G 2 2
tap_check "four GB200: as documented" documented four-gb200 4096G 2 4
tap_check "four GB300: as documented" documented four-gb300 8192G 2 4

# --- what software or a wish takes away

tree=$one
# plan SMMU IOMMUFD COMMAND OPTION...: as --explain has it.
plan() {
  local smmu=$1 iommufd=$2 command=$3
  shift 3
  run 0 "$command" 0009:01:00.0 --explain "$@" && says "SMMU       $smmu" "iommufd    $iommufd"
}
tap_check "all of it" plan "accelerated: QEMU, kernel and host" yes qemu
tap_check "--smmu none" plan "none: --smmu none" yes qemu --smmu none
tap_check "--iommufd no leaves no accelerated SMMU" plan "none: it needs iommufd" "no: --iommufd no" qemu --iommufd no
# with ANSWERS: that software, on a host which could do it all.
with() {
  answers "$@"
}
with qemu-10.0
tap_check "QEMU 10.0" plan "none: the SMMU of this QEMU cannot be accelerated" yes qemu
with qemu-11.1 libvirt-11.3
tap_check "libvirt 11.3" plan "none: libvirt has accelerated SMMUs from 12.7 on" "no: libvirt has iommufd from 12.1 on" libvirt
printf 'virtqemud (libvirt) 12.2.0\n' >"$tree/answers/virtqemud --version"
tap_check "libvirt 12.2" plan "none: libvirt has accelerated SMMUs from 12.7 on" yes libvirt
put "boot/config-$RELEASE" CONFIG_VFIO_DEVICE_CDEV=y
tap_check "a kernel that does not nest" plan "none: this kernel does not nest SMMUs" yes qemu
rm "$tree/sys/bus/pci/devices/0009:01:00.0/vfio-dev/vfio0/dev"
tap_check "VFIO by groups alone" plan "none: it needs iommufd" "no: this kernel has no character devices of VFIO" qemu

# NVIDIA's own QEMU has PASID by another name.
pasid() {
  documented_host state 0x2342 $((128 << 30)) "$gh200"
  sed --in-place 's/^  ssidsize=.*/  pasid=<bool>/' "$tree/answers/qemu-system-aarch64 -device arm-smmuv3,help"
  run 0 qemu 0009:01:00.0 && says accel=on,ats=on,ril=off,pasid=on,oas=48
}
tap_check "NVIDIA's QEMU" pasid

tap_done
