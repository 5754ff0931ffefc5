#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# States that few hosts are in, in recorded trees: each is one that no other test of the tool has.
# Prints TAP.
#
# corners.sh TOOL FAKE: the tool, and with fake_kernel.c, built with sanitizers.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/tool.sh"
# shellcheck source-path=SCRIPTDIR
. "$folder/guests.sh"
fake=${2:?the path of the tool with fake_kernel.c}

# finds STATUS CHECK TEXT...: of doctor.
finds() { run "$1" doctor --check "$2" && says "${@:3}"; }
# as_user CHECK TEXT...: of doctor, which somebody without rights runs.
as_user() { chmod 0755 "$scratch" && setpriv --reuid=65534 --regid=65534 --clear-groups "$tool" --root "$tree" doctor --check "$1" >"$scratch/out" 2>&1 || [ $? -eq 1 ] || return 1; cat "$scratch/out"; says "${@:2}"; }

# --- rights

kvm_denied() { chmod 0600 "$tree/dev/kvm"; }
check "a user who may not open /dev/kvm" kvm_denied as_user kvm "unknown    KVM: /dev/kvm may not be opened by this user" "sudo usermod --append --groups kvm \$USER"
may_lock() { put proc/self/status $'CapEff:\t0000000000000000'; put proc/self/limits 'Max locked memory         unlimited            unlimited            bytes     '; }
check "a user who may lock any amount of memory" may_lock finds 0 memlock "ok         Locked memory: unlimited"
no_limits() { may_lock; rm "$tree/proc/self/limits"; }
check "a user whose limits are not shown" no_limits finds 0 memlock "unknown    Locked memory: /proc/self/limits is not there"

# --- what the host shows

virtual() { put sys/class/dmi/id/product_name "KVM Virtual Machine"; put sys/class/dmi/id/sys_vendor QEMU; pci_unbind "$GPU"; acpi; }
check "a virtual machine with tables that have nothing of GPUs" virtual finds 0 firmware "ok         Firmware: firmware describes no GPU memory, as is right in a virtual machine"
no_iommus() { rm --recursive "$tree/sys/class/iommu"; put sys/class/iommu x; }
check "IOMMUs that cannot be listed" no_iommus finds 0 iommu "unknown    IOMMU: /sys/class/iommu cannot be read: Not a directory"
no_members() { rm --recursive "$tree/sys/kernel/iommu_groups/12/devices"; put sys/kernel/iommu_groups/12/devices x; }
check "a group whose members cannot be listed" no_members finds 0 group "unknown    IOMMU group: $GPU: IOMMU group 12 cannot be read: Not a directory"
enforced() { put sys/module/module/parameters/sig_enforce Y; }
check "a kernel that takes signed modules only" enforced finds 0 trust "the kernel takes only modules whose key it trusts, and it has taken the module"
no_type1() { rm "$tree/lib/modules/$RELEASE/kernel/vfio_iommu_type1.ko"; modules_list "$RELEASE"; }
check "a kernel that has neither of VFIO's ways to the IOMMU" no_type1 finds 2 vfio "kernel $RELEASE has no module vfio_iommu_type1"
built_in() { rm "$tree/lib/modules/$RELEASE/updates/dkms/$MODULE.ko"; modules_list "$RELEASE"; echo "kernel/drivers/vfio/$MODULE.ko" >"$tree/lib/modules/$RELEASE/modules.builtin"; }
check "the driver is built into the kernel" built_in finds 1 module "only its own driver of this name, built in"
# Each is as long as it may be.
long_names() { local long; long=6.18.0-$(printf 'a%.0s' {1..56}); rename_kernel "$long"; echo "$(printf 'b%.0s' {1..160})/$MODULE.ko:" >"$tree/lib/modules/$long/modules.dep"; }
check "a module whose path is too long" long_names finds 0 module "cannot be looked at"
other_module() { put etc/modprobe.d/other.conf "blacklist nvgrace_gpu_vfio_pcj"; }
check "modprobe is told of another module, whose name is as long" other_module finds 0 config "ok         modprobe's configuration"
off_bus_twice() { rm "$tree/sys/bus/pci/devices/$GPU"; log "$DRIVER $GPU: GPU memory is not ready" "$DRIVER $GPU: GPU memory is not ready"; }
check "the log has two messages of a GPU that is gone" off_bus_twice finds 2 gpu "$GPU"

# --- firmware's tables

# table BYTES: one with the name of a property and that behind it.
table() { pci_unbind "$GPU"; mkdir --parents "$tree/sys/firmware/acpi/tables"; { printf 'SSDT header nvidia,gpu-mem-size\0'; printf '%b' "$1"; } >"$tree/sys/firmware/acpi/tables/SSDT2"; }
no_integer() { table '\x2e\x01'; }
described() { finds 0 firmware "ok         Firmware: the ACPI tables describe GPU memory"; }
check "a property with no number behind it" no_integer described
cut_integer() { table '\x0e\x01\x02'; }
check "a table that ends in a number" cut_integer described
other_table() { pci_unbind "$GPU"; mkdir --parents "$tree/sys/firmware/acpi/tables/dynamic"; printf 'FACP nvidia,gpu-mem-size\0\x01' >"$tree/sys/firmware/acpi/tables/FACP"; }
check "a table of another kind is not looked into" other_table described

# --- distributions

no_headers() { unload; rm --recursive "$tree/lib/modules/$RELEASE/"{updates,build}; modules_list "$RELEASE"; }
# release ID VERSION [RELEASE]
release() { rm "$tree/etc/debian_version"; put etc/os-release "ID=$1
VERSION_ID=\"$2\""; [ "$#" -lt 3 ] || { rename_kernel "$3"; RELEASE=$3; }; }
# commands CHECK LINE...: that mend it.
commands() { run "$1" doctor --check "$2" >/dev/null; cat "$scratch/out"; says "${@:3}"; }
was=$RELEASE
# on NAME CHANGE...: as check, with the release that the change has set.
on() { check "$@"; RELEASE=$was; }
# headers COMMAND: for the release that runs.
headers() { finds 2 module "${1//KERNEL/$(cat "$tree/proc/sys/kernel/osrelease")}"; }
uek() { release ol 10.0 6.12.0-100.28.2.el10uek.aarch64; no_headers; }
on "headers: Oracle's kernel" uek headers "dnf install kernel-uek-devel-KERNEL"
suse_plain() { release sles 15.7 6.4.0-150700.53; no_headers; }
on "headers: a kernel of SUSE's without a flavour" suse_plain headers "zypper install 'kernel-default-devel = KERNEL'"
backslash() { release debian 13; put etc/os-release 'ID="deb\ian"'; no_headers; }
on "a backslash in os-release" backslash headers "apt install linux-headers-KERNEL"

small_pages() { put "boot/config-$RELEASE" CONFIG_ARM64=y; }
sid() { rm "$tree/etc/debian_version"; put etc/os-release "ID=debian"; small_pages; }
on "small pages: Debian without a version" sid finds 1 pages "apt install linux-image-arm64 linux-headers-arm64"
ubuntu() { release ubuntu "$1"; small_pages; }
between() { ubuntu 25.10; }
on "small pages: an Ubuntu without long support" between finds 1 pages "apt install linux-generic-64k"
newest() { ubuntu 26.04; }
on "small pages: an Ubuntu after 24.04" newest finds 1 pages "apt install linux-nvidia-64k"
fedora() { release fedora 43; small_pages; }
on "small pages: Fedora" fedora finds 1 pages "dnf upgrade kernel kernel-devel"
suse() { release sles 15.7; small_pages; }
on "small pages: SUSE" suse finds 1 pages "zypper install kernel-64kb kernel-64kb-devel"
azure() { release azurelinux 3.0; small_pages; }
on "small pages: Azure Linux" azure finds 1 pages "# put kernel-hwe in the place of this kernel, with kernel-hwe-devel"
old_kvm() { release "$@"; put dev/kvm 0; }
rhel() { old_kvm rhel 10.1 6.12.0-124.8.1.el10_1.aarch64+64k; }
on "an old KVM: RHEL, with pages of 64 KiB" rhel finds 1 kvm "dnf upgrade kernel-64k kernel-64k-devel"
tumbleweed() { old_kvm opensuse-tumbleweed 20251101 6.12.0-1-default; }
on "an old KVM: a SUSE that rolls on" tumbleweed finds 1 kvm "zypper update kernel-default kernel-default-devel"

# --- processes

twice() { process 4711 hold /dev/vfio/12; ln --symbolic /dev/vfio/12 "$tree/proc/4711/fd/4"; }
once() { run 0 status && [ "$(grep --count '(hold)' "$scratch/out")" -eq 1 ]; }
check "a process that has the GPU open twice is told once" twice once
scope() { process 4711 hold /dev/vfio/12; process_of 4711 /system.slice/run-1.scope; }
check "a process in a slice of the system, and in no service" scope finds 2 users "process 4711 (hold)"
odd_fd() { process 4711 hold /dev/vfio/12; put proc/4711/fd/4 "no link"; }
check "an open file that is no link is not looked at" odd_fd once
no_proc() { rm --recursive "$tree/proc"; }
check "no processes are shown" no_proc run 0 status

# --- status

no_group() { pci_unbind "$GPU"; rm "$tree/sys/bus/pci/devices/$GPU/iommu_group"; }
json() { run 0 status --json && says "$1"; }
check "status --json: a GPU in no group" no_group json '"iommu_group": null'
no_resmem() { put "sys/bus/pci/devices/$GPU/nvgrace_gpu/resmem_size" 0; }
status() { run 0 status && says "$@"; }
check "status: no resmem" no_resmem status "resmem           none"

# --- guests

gpu=0009:01:00.0/smmu3.0x0000000005000000/0
other=0019:01:00.0/smmu3.0x0000100005000000/1
# host NAME TEXT COMMAND...: documented GPUs.
explained() { run 0 "$1" 0009:01:00.0 "${@:3}" --explain && says "$2"; }
documented_host corner 0x2342 $((128 << 30)) "$gpu"
lacks highmem-mmio-size
tap_check "qemu: a QEMU that has one window" explained qemu "window     512 GiB, which all BARs fit into: this QEMU is too old for another one (10.0)" --smmu none
rm "$tree/answers/qemu"*
tap_check "qemu: a QEMU that is not there" explained qemu "QEMU       qemu-system-aarch64 does not answer (No such file or directory)"
rm "$tree/answers/v"*
tap_check "libvirt: a libvirt that is not there" explained libvirt "libvirt    it does not answer (No such file or directory): an old one is assumed"
put "answers/virtqemud --version" "something else"
tap_check "libvirt: a libvirt that does not say which it is" explained libvirt "libvirt    it does not answer (Invalid argument): an old one is assumed"
long_path() { printf '/%.0s' {1..5000}; }
tap_check "a disk whose path is too long" refused "/ is not there" qemu 0009:01:00.0 --disk "$(long_path)"
documented_host corner 0x31c2 $((128 << 30)) "$gpu"
resource() { run 0 kubevirt 0009:01:00.0 && says '"nvidia.com/31c2"'; }
tap_check "kubevirt: a GPU whose name it does not know" resource
documented_host corner 0x2342 $((128 << 30)) "$gpu"
rm "$tree/sys/bus/pci/devices/0009:01:00.0/iommu"
tap_check "qemu: a GPU behind no SMMU" explained qemu "SMMU       none"
documented_host corner 0x2342 $((128 << 30)) "$gpu" "$other"
both=(0009:01:00.0 0019:01:00.0)
tap_check "fewer processors than nodes" refused "the GPUs are on 2 nodes of the host: a guest with them has that many processors or more" qemu "${both[@]}" --cpus 1
near() { run 0 kubevirt "${both[@]}" --release 1.3 && says "KubeVirt does not keep the guest's memory near its GPUs unless with --hugepages"; }
tap_check "kubevirt: one that places nothing but huge pages" near
rm "$tree/sys/devices/system/node/node1/cpulist"
pins() { run 0 libvirt "${both[@]}" && [ "$(grep --count vcpupin "$scratch/out")" -eq 4 ]; }
tap_check "libvirt: processors of a node that are not told" pins
rm "$tree/sys/devices/system/node/node0/distance"
distance() { run 0 qemu "${both[@]}" && says "dist,src=0,dst=1,val=20"; }
tap_check "distances of a node that are not told" distance
put sys/bus/pci/devices/0019:01:00.0/numa_node -1
anywhere() { run 0 qemu "${both[@]}" --explain && says "placement  anywhere"; }
tap_check "a GPU that is near no node" anywhere
many=("$gpu")
for bus in {02..17}; do many+=("0009:$bus:00.0/smmu3.0x0000000005000000/0"); done
documented_host corner 0x2342 $((1 << 30)) "${many[@]}"
tap_check "more GPUs than QEMU has nodes for" refused "one guest can have 15 GPUs: QEMU has no more NUMA nodes" qemu "${many[@]%%/*}"

# --- what is typed

check "no GPUs are named" nothing run 64 bind
check "no GPUs are named, for a guest" nothing run 64 qemu
check "an option that there is not" nothing run 64 list --colour

# --- moves

tool=$fake
foreign() { driver_add nvidia 570.1; pci_unbind "$GPU"; pci_bind "$GPU" nvidia; }
# The old driver does not take it any more.
refused_by_both() { foreign; touch "$tree/sys/bus/pci/drivers/$DRIVER/refuses" "$tree/sys/bus/pci/drivers/nvidia/refuses"; }
not_given_back() { run 1 bind "$GPU" && says "$GPU: it could not be given back to nvidia: it has no driver" && has "$GPU" none "(null)"; }
check "bind: neither driver takes it" refused_by_both not_given_back
# Who has the lock takes the GPU away.
goes_meanwhile() {
  local status=0 holder
  flock "$tree/sys/bus/pci/drivers_probe" sleep 3 &
  holder=$!
  sleep 0.5
  { sleep 1; rm "$tree/sys/bus/pci/devices/$GPU"; } &
  "$tool" --root "$tree" bind "$GPU" >"$scratch/out" 2>&1 || status=$?
  wait "$holder" && wait
  cat "$scratch/out"
  [ "$status" -eq 1 ] && says "$GPU: it is gone"
}
check "bind: the GPU goes while another process moves GPUs" foreign goes_meanwhile
rule_folder() { foreign; mkdir --parents "$tree/etc/udev/rules.d/61-nvgrace-gpu-$GPU.rules"; }
no_rule() { run 1 bind --persist "$GPU" && says "cannot be written: Is a directory" && has "$GPU" nvidia "(null)"; }
check "bind --persist: a folder in the place of the rule" rule_folder no_rule
initramfs() { foreign; put usr/sbin/update-initramfs x; }
would_make() { run 0 bind --persist --dry-run "$GPU" && says "initramfs: update-initramfs -u -k all would be run"; }
check "bind --persist --dry-run: an initramfs" initramfs would_make

tap_done
