# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What the tests of qemu and libvirt share: what programs answered when they were asked, in
# answers/; hosts; holding what is printed to golden/, to QEMU, and to libvirt's schemas.
# Source tool.sh first.
# shellcheck disable=SC2154 # it has what is not set here

# answers VERSION...: of qemu-VERSION or libvirt-VERSION in answers/, to the tree.
answers() {
  local version from
  mkdir --parents "$tree/answers"
  for version; do
    from=$folder/answers/$version
    case $version in
      qemu-*)
        cp "$from/machine" "$tree/answers/qemu-system-aarch64 -M virt,help"
        cp "$from/objects" "$tree/answers/qemu-system-aarch64 -object help"
        cp "$from/smmu" "$tree/answers/qemu-system-aarch64 -device arm-smmuv3,help"
        cp "$from/vfio" "$tree/answers/qemu-system-aarch64 -device vfio-pci,help"
        ;;
      *)
        cp "$from/version" "$tree/answers/virtqemud --version"
        cp "$from/capabilities" "$tree/answers/virsh domcapabilities --arch aarch64 --machine virt"
        ;;
    esac
  done
}

# lacks NAME...: as if QEMU were older.
lacks() {
  local name
  for name; do
    sed --in-place "/^  $name\b/d" "$tree/answers/qemu-system-aarch64"*
  done
}

firmware() {
  put usr/share/qemu-efi-aarch64/QEMU_EFI.fd x
}

# cdev BDF: the kernel has a character device of VFIO for it.
cdev() {
  put "sys/bus/pci/devices/$1/vfio-dev/vfio0/dev" 511:0
}

# smmu BDF NAME: the SMMU of the host that it is behind.
smmu() {
  mkdir --parents "$tree/sys/class/iommu/$2"
  link "sys/class/iommu/$2" "sys/bus/pci/devices/$1/iommu"
}

# documented_host NAME DEVICE BAR-SIZE BDF/SMMU/NODE...: GPUs of that device, with software that can do it all.
documented_host() {
  local device=$2 size=$3 gpu bdf unit node group=40 nodes=''
  tree_new "$1"
  firmware
  answers qemu-11.1 libvirt-12.8
  put "boot/config-$RELEASE" $'CONFIG_VFIO_DEVICE_CDEV=y\nCONFIG_ARM_SMMU_V3_IOMMUFD=y'
  rm --recursive "$tree/sys/bus/pci/devices/$GPU" "$tree/sys/devices/pci0009:00/$GPU"
  shift 3
  for gpu; do
    IFS=/ read -r bdf unit node <<<"$gpu"
    pci_add "$bdf" 0x10de "$device" 0x030200 "$group"
    pci_bind "$bdf" "$DRIVER"
    gpu_attributes "$bdf"
    put "sys/bus/pci/devices/$bdf/numa_node" "$node"
    put "sys/bus/pci/devices/$bdf/nvgrace_gpu/usemem_bar_size" "$size"
    [ "$device" = 0x2342 ] || put "sys/bus/pci/devices/$bdf/nvgrace_gpu/resmem_size" 0
    cdev "$bdf"
    smmu "$bdf" "$unit"
    group=$((group + 1))
    [[ " $nodes" = *" $node"* ]] || nodes+=" $node"
  done
  # shellcheck disable=SC2086 # words
  nodes=$(printf '%s,' $nodes)
  put sys/devices/system/node/has_cpu "${nodes%,}"
  put sys/devices/system/node/node0/distance "10 40"
  put sys/devices/system/node/node1/distance "40 10"
  put sys/devices/system/node/node0/cpulist 0-71
  put sys/devices/system/node/node1/cpulist 72-143
}

# Hundreds of distances, of which two GPUs have enough to look at.
few_distances() {
  case $1 in
    libvirt-four-*) sed '/<sibling /d' "$scratch/$1" ;;
    *) cat "$scratch/$1" ;;
  esac
}

# prints NAME TREE ARGUMENT...: to stdout, what golden/NAME has; and what it says besides.
prints() {
  local name=$1 tree=$2
  shift 2
  "$tool" --root "$tree" "$@" >"$scratch/$name" 2>"$scratch/err" || { cat "$scratch/err"; return 1; }
  diff "$folder/golden/$name" <(few_distances "$name")
}
prints_known() {
  prints "$@" && [ ! -s "$scratch/err" ]
}

# starts NAME: QEMU without KVM and without the GPUs, which are not here: other PCI functions take
# their places, which an accelerated SMMU would not take; and what is here that of huge pages, a
# bridge, a disk, and other firmware. It builds its tables, and is told to quit.
starts() {
  sed 's/accel=kvm/accel=tcg/; s/-cpu host/-cpu max/; s/memory-backend-ram/memory-backend-ram,reserve=off/
    s/vfio-pci\(-nohotplug\)\?,host=[^,]*/virtio-rng-pci/; s/,iommufd=iommufd0//; s/-object iommufd,id=iommufd0//; s/,accel=on[^ ]*//
    s/,host-nodes=[0-9]*,policy=bind//; s,-serial mon:stdio,-qmp stdio,; s/file=[^ ]*,format=[a-z0-9]*/driver=null-co/
    s,mem-path=/dev/hugepages\,prealloc=on,mem-path=/dev/shm,; s/-netdev bridge,id=network0,br=[^ ]*/-netdev user,id=network0/
    s,-bios /srv/[^ ]*,-bios /usr/share/qemu-efi-aarch64/QEMU_EFI.fd,' "$scratch/$1" >"$scratch/command"
  printf '%s\n' '{"execute": "qmp_capabilities"}' '{"execute": "query-memdev"}' '{"execute": "quit"}' |
    timeout 60 bash "$scratch/command" >"$scratch/qmp" 2>&1 || { cat "$scratch/qmp"; return 1; }
  cat "$scratch/qmp"
  grep --quiet '"SHUTDOWN"' "$scratch/qmp"
}

# valid SUITE NAME: by the schemas of its libvirt.
valid() {
  xmllint --noout --relaxng "/opt/$1/usr/share/libvirt/schemas/domain.rng" "$scratch/$2"
}

# refused TEXT ARGUMENT...: on the host of $tree.
refused() {
  local text=$1
  shift
  run 1 "$@" && says "$text"
}
