#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# kubevirt and nova: what they print is what is in golden/, and what KubeVirt takes, as far as its
# documents tell, and Nova itself; and what they cannot say of a guest is told. Prints TAP. Runs
# inside the rig's root, where the root "nova" has been made.
#
# guest-fleet.sh TOOL

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/tool.sh"
# shellcheck source-path=SCRIPTDIR
. "$folder/guests.sh"

kubevirt() {
  "$folder/schema.py" "$folder/schemas/kubevirt.json" "$scratch/$1" &&
    "$folder/kubevirt.py" "$scratch/$1"
}
nova() {
  # shellcheck disable=SC2016 # expanded there
  unshare --mount --propagation unchanged bash -c 'mount --types tmpfs scratch "$1/tmp" && cp "$2" "$1/tmp/nova_takes.py" && cp "$3" "$1/tmp/said" &&
    chroot "$1" python3 -B /tmp/nova_takes.py /tmp/said' - "$RIG_CACHE/suites/nova" "$folder/nova_takes.py" "$scratch/$1"
}

# tells TEXT...: on stderr, all of them.
tells() {
  local text
  for text; do
    grep --quiet --fixed-strings -e "$text" "$scratch/err" || { echo "it did not tell: $text"; cat "$scratch/err"; return 1; }
  done
}

# printed NAME FORM ARGUMENT...: on $tree; golden, and taken by its reader.
printed() {
  local name=$1
  tap_check "$name: $2" prints "$name" "$tree" "${@:2}"
  tap_check "$name: it can be taken" "$2" "$name"
}

gh200=0009:01:00.0/smmu3.0x0000000005000000/0
documented_host gh200 0x2342 $((128 << 30)) "$gh200" 0019:01:00.0/smmu3.0x0000100005000000/1
printed kubevirt-two-gh200.json kubevirt 0009:01:00.0 0019:01:00.0
tap_check "kubevirt: what it cannot say" tells "is up to the device plugin" "ras=on cannot be said" "by the processors that the kubelet gives"
printed nova-two-gh200.conf nova 0009:01:00.0 0019:01:00.0
tap_check "nova: what it cannot say" tells "is up to Nova" "ras=on cannot be said" "no NUMA nodes are made" "512 GiB that QEMU has" "neither iommufd nor an accelerated SMMU"
put proc/meminfo $'HugePages_Free:       32\nHugepagesize:       524288 kB'
printed kubevirt-options.json kubevirt 0009:01:00.0 --claim root-disk --network user --name first --cpus 4 --memory 4608M --hugepages
printed kubevirt-older.json kubevirt 0009:01:00.0 --release 1.3 --hugepages
tap_check "kubevirt: what an older one cannot say" tells "no NUMA nodes are made" "512 GiB that QEMU has" "neither iommufd nor an accelerated SMMU"
put sys/bus/pci/devices/0009:01:00.0/sriov_totalvfs 16
printed nova-options.conf nova 0009:01:00.0 --name first --cpus 4 --memory 4608M --hugepages

# explains FORM TEXT...: all of what is told, and no object.
explains() {
  run 0 "$1" 0009:01:00.0 --explain && says "${@:2}"
}
tap_check "kubevirt --explain" explains kubevirt "SMMU       accelerated" "GPU        0009:01:00.0: on a root bus with an SMMU, which KubeVirt makes" "not said   ras=on cannot be said"
tap_check "nova --explain" explains nova "SMMU       none: Nova cannot say it" "window     512 GiB" "nodes      none of the GPUs'" "not said   no NUMA nodes are made"

refuses() {
  local name=$1
  shift
  tap_check "$name" refused "$@"
}
refuses "kubevirt: these GPUs have an SMMU or no guest" "to a guest with an accelerated SMMU or to none: --smmu none" kubevirt 0009:01:00.0 --smmu none
refuses "kubevirt: nor without iommufd" "or to none: it needs iommufd, which is not used here" kubevirt 0009:01:00.0 --iommufd no
refuses "kubevirt: names are those of Kubernetes" "--name First: small letters" kubevirt 0009:01:00.0 --name First
refuses "kubevirt: of claims, too" "--claim disk.: small letters" kubevirt 0009:01:00.0 --claim disk.
refuses "kubevirt: no emulated SMMU" "--smmu emulated: KubeVirt has no words" kubevirt 0009:01:00.0 --smmu emulated
refuses "kubevirt: no disk of the host" "a claim of a volume: --claim NAME" kubevirt 0009:01:00.0 --disk /dev/vda
refuses "kubevirt: no bridge of the host" "has the network of its pod" kubevirt 0009:01:00.0 --network br0
refuses "kubevirt: no firmware of the host" "--firmware: KubeVirt chooses the firmware" kubevirt 0009:01:00.0 --firmware /srv/firmware.fd
refuses "nova: no network of the host" "openstack server create --network" nova 0009:01:00.0 --network user
refuses "nova: no accelerated SMMU" "--smmu accel: Nova cannot say it" nova 0009:01:00.0 --smmu accel
refuses "--claim is not for QEMU" "--claim is an option of kubevirt" qemu 0009:01:00.0 --claim disk
refuses "--release is not for Nova" "--release is an option of kubevirt" nova 0009:01:00.0 --release 1.9
wrong() {
  run 64 kubevirt 0009:01:00.0 --release "$1"
}
for release in new 0.58 ''; do
  tap_check "not a version of KubeVirt: '$release'" wrong "$release"
done
pci_unbind 0009:01:00.0
refuses "kubevirt: a GPU without a driver is none for the device plugin" "0009:01:00.0 has no driver" kubevirt 0009:01:00.0
refuses "nova: nor for Nova" "0009:01:00.0 has no driver" nova 0009:01:00.0

gb=(0008:06:00.0/smmu3.0x0000000005000000/0 0009:06:00.0/smmu3.0x0000000005000000/0
  0018:06:00.0/smmu3.0x0000100005000000/1 0019:06:00.0/smmu3.0x0000100005000000/1)
documented_host gb200 0x2941 $((256 << 30)) "${gb[@]}"
printed kubevirt-four-gb200.json kubevirt "${gb[@]%%/*}"
refuses "nova: four GB200 need a larger window" "QEMU's has 512 GiB unless it is told: Nova cannot say it" nova "${gb[@]%%/*}"
documented_host gb300 0x31c2 $((512 << 30)) "${gb[@]}"
refuses "kubevirt: it does not know GB300, which needs a larger window" "unless it is told: KubeVirt has it for GPUs with ids" kubevirt 0008:06:00.0
put sys/bus/pci/devices/0008:06:00.0/device 0x2941
refuses "kubevirt: GPUs that it knows and others" "one guest cannot have both" kubevirt 0008:06:00.0 0009:06:00.0

# --- readers that refuse what they should

# spoilt READER FROM EXPRESSION: after sed.
spoilt() {
  sed "$3" "$folder/golden/$2" >"$scratch/spoilt"
  ! cmp --silent "$folder/golden/$2" "$scratch/spoilt" && ! "$1" spoilt
}
tap_check "kubevirt: the schema refuses a word that is not known" spoilt kubevirt kubevirt-two-gh200.json 's/"machine"/"machines"/'
tap_check "kubevirt: another type" spoilt kubevirt kubevirt-two-gh200.json 's/"cores": 8/"cores": "8"/'
tap_check "kubevirt: a GPU that is not permitted" spoilt kubevirt kubevirt-two-gh200.json 's/"deviceName": "nvidia.com.*"/"deviceName": "nvidia.com\/31c2"/'
tap_check "kubevirt: a gate without the others" spoilt kubevirt kubevirt-two-gh200.json '/"PCINUMAAwareTopology"/d'
tap_check "nova: a key that is not known" spoilt nova nova-two-gh200.conf 's/"managed"/"manage"/'
tap_check "nova: more GPUs than there are" spoilt nova nova-two-gh200.conf 's/nvgrace-2342:2/nvgrace-2342:3/'
tap_check "nova: a line that belongs to the one above" spoilt nova nova-two-gh200.conf 's/^alias/ alias/'

tap_done
