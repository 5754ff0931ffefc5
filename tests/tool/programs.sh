#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# QEMU and libvirt as programs, on a machine that is a folder: what doctor says of their
# versions, and that a guest is the same whether they are asked or their answers were recorded;
# and drivers that are changed by writing to files. Prints TAP.
#
# programs.sh TOOL: without sanitizers, which need a /proc of their own.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/tool.sh"
# shellcheck source-path=SCRIPTDIR
. "$folder/guests.sh"

# program NAME TEXT: a script.
program() {
  put "usr/bin/$1" "#!/bin/sh
$2"
  chmod 0755 "$tree/usr/bin/$1"
}

# check NAME CHANGE COMMAND...: a good host after CHANGE, a function.
check() {
  local name=$1 change=$2
  shift 2
  tree_new programs
  live_tool "$tool"
  install -D /bin/sh "$tree/bin/sh"
  mknod --mode=666 "$tree/dev/null" c 1 3
  "$change"
  tap_check "$name" "$@"
}
nothing() { :; }

# run STATUS ARGUMENT...: of the tool on that machine; what it prints is in $scratch/out.
run() {
  local expected=$1 status=0
  shift
  chroot "$tree" /bin/nvgrace-gpu "$@" >"$scratch/out" 2>"$scratch/err" || status=$?
  cat "$scratch/err" >>"$scratch/out"
  cat "$scratch/out"
  [ "$status" -eq "$expected" ] || { echo "it ended with status $status, not $expected"; return 1; }
}

# --- their versions

qemu() { program qemu-system-aarch64 "echo 'QEMU emulator version $1 (Debian 1:$1)'"; }
libvirt() { program "${2:-virtqemud}" "echo '${2:-virtqemud} (libvirt) $1'"; }
# finds STATUS CHECK TEXT...: of doctor.
finds() { run "$1" doctor --check "$2" && says "${@:3}"; }

qemu_8() { qemu 8.2.2; }
check "QEMU before 9.0" qemu_8 finds 1 qemu "warning    QEMU: QEMU 8.2" "apt install qemu-system-arm qemu-efi-aarch64"
qemu_8_micro() { qemu_8; put etc/os-release 'ID=sl-micro'; }
check "the same, on a system that is changed by transactions" qemu_8_micro finds 1 qemu "transactional-update pkg update qemu-arm qemu-uefi-aarch64" "reboot"
qemu_8_unknown() { qemu_8; put etc/os-release 'ID=openEuler'; }
check "the same, where nobody knows how packages are installed" qemu_8_unknown finds 1 qemu "# install a newer QEMU"
qemu_9() { qemu 9.2.0; }
check "QEMU 9.2" qemu_9 finds 0 qemu "ok         QEMU: QEMU 9.2, which has a high MMIO window of 512 GiB and no more"
no_qemu() { :; }
check "no QEMU" no_qemu finds 1 qemu "warning    QEMU: QEMU is not installed"
libvirt_9() { libvirt 9.0.0 libvirtd; }
check "libvirt before 10.0" libvirt_9 finds 1 libvirt "warning    libvirt: libvirt 9.0" "nvgrace-gpu bind --all"
libvirt_11() { libvirt 11.3.0; }
check "libvirt 11.3" libvirt_11 finds 0 libvirt "ok         libvirt: libvirt 11.3"

# --- what they can do

# answer NAME: by a file in answers/ that is called as it was.
answer() {
  # shellcheck disable=SC2016 # the script's own
  program "$1" 'while IFS= read -r line; do echo "$line"; done <"/answers/${0##*/} $*"'
}
software() {
  firmware
  answers qemu-10.0 libvirt-11.3
  answer qemu-system-aarch64
  answer virtqemud
  answer virsh
}
# same FORM NAME: what golden/NAME has.
same() { run 0 "$1" "$GPU" >/dev/null && diff "$folder/golden/$2" "$scratch/out" && [ ! -s "$scratch/err" ]; }
check "qemu: as in a recorded tree" software same qemu qemu-one.txt
check "libvirt: as in a recorded tree" software same libvirt libvirt-one.xml
# explains FORM TEXT...: and has a plan all the same.
explains() { run 0 "$1" "$GPU" --explain && says "${@:2}"; }
fails() { software; program qemu-system-aarch64 "exit 1"; }
check "qemu: QEMU answers nothing" fails refused "this QEMU is too old: it has no acpi-generic-initiator" qemu "$GPU"
neither() { firmware; }
check "libvirt --explain: there is neither" neither explains libvirt "QEMU       qemu-system-aarch64 does not answer (No such file or directory): what QEMU 10.0 can do is assumed" "libvirt    it does not answer (No such file or directory): an old one is assumed"
no_version() { software; program virtqemud "echo something else"; }
check "libvirt --explain: its version cannot be read" no_version explains libvirt "libvirt    it does not answer (Invalid argument): an old one is assumed"

# --- drivers, which nothing changes here

# Files in the places of those of sysfs keep what is written.
DRIVERS=sys/bus/pci/drivers
foreign() { driver_add nvidia 570.1; pci_unbind "$GPU"; pci_bind "$GPU" nvidia; }
written() { diff <(printf '%s' "$2") "$tree/$1"; }
writes() { run 1 bind "$GPU" && written "$DRIVERS/nvidia/unbind" "$GPU"; }
check "bind: what is written to take it from its driver" foreign writes
of_vfio() { driver_add vfio-pci; pci_unbind "$GPU"; pci_bind "$GPU" vfio-pci; put dev/vfio/12 ""; }
takes_from_vfio() { run 1 bind --force "$GPU" && written "$DRIVERS/vfio-pci/unbind" "$GPU"; }
check "bind: the same, of a VFIO driver whose group nobody has open" of_vfio takes_from_vfio
full() { foreign; rm "$tree/$DRIVERS/nvidia/unbind"; mknod "$tree/$DRIVERS/nvidia/unbind" c 1 7; }
not_written() { run 1 bind "$GPU" && says "it could not be taken from nvidia: No space left on device"; }
check "bind: what cannot be written" full not_written

# Releases of kernels: the machine's own.
own_kernel() {
  foreign
  rm --recursive "${tree:?}/$DRIVERS/$DRIVER" "$tree/sys/module/$DRIVER"
  mkdir --parents "$tree/lib/modules/$(uname --kernel-release)"
}
loads() { run 1 bind "$GPU" && says "$DRIVER: there is no such PCI driver, and no module could be loaded: No such file"; }
check "bind: there is no module to load" own_kernel loads
odd_index() { own_kernel; head --bytes=4096 /dev/zero >"$tree/lib/modules/$(uname --kernel-release)/modules.dep.bin"; }
check "bind: depmod's lists are no lists" odd_index loads
# Its list names a file that is not there: nothing gets to the kernel.
gone_module() {
  own_kernel
  local release
  release=$(uname --kernel-release)
  make_module "$tree/lib/modules/$release/$MODULE.ko"
  modules_list "$release"
  rm "$tree/lib/modules/$release/$MODULE.ko"
}
check "bind: the module's file is gone" gone_module loads

# --- the machine itself

no_arch() { rm "$tree/proc/sys/kernel/arch"; }
check "the architecture of a kernel that does not tell it in /proc" no_arch finds 2 architecture "$(uname --machine)"

full_log() { yes '6,0,0,-;the same again and again, a hundred times, until there is nothing else in it' | head --bytes=17000000 >"$tree/dev/kmsg" || true; }
check "a log that does not end" full_log finds 0 log "unknown    Kernel's log: it cannot be read: File too large"

tap_done
