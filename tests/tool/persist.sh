#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# bind and unbind for every boot: rules of udev, and the initramfs, on a machine that is a
# folder. Prints TAP.
#
# persist.sh TOOL: with fake_kernel.c, and without sanitizers, which need a /proc of their own.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/tool.sh"

SECOND=0019:01:00.0
RULES=etc/udev/rules.d/61-nvgrace-gpu

# program FILE STATUS: it notes how it was called.
program() {
  put "$1" "#!/bin/sh
echo \"\${0##*/} \$*\" >>/ran
exit $2"
  chmod 0755 "$tree/$1"
}

# check NAME CHANGE COMMAND...: two GPUs that nvidia has, after CHANGE; a function.
check() {
  local name=$1 change=$2
  shift 2
  tree_new persist
  driver_add nvidia 570.1
  driver_add vfio-pci
  pci_add "$SECOND" 0x10de 0x2941 0x030200 13
  pci_unbind "$GPU"
  pci_bind "$GPU" nvidia
  pci_bind "$SECOND" nvidia
  live_tool "$tool"
  install -D /bin/sh "$tree/bin/sh"
  mknod --mode=666 "$tree/dev/null" c 1 3
  mkdir --parents "$tree/etc/udev/rules.d"
  program usr/bin/udevadm 0
  program usr/sbin/update-initramfs 0
  "$change"
  tap_check "$name" "$@"
}
nothing() { :; }

# run STATUS ARGUMENT...: of the tool on that machine; what it prints is in $scratch/out.
run() {
  local expected=$1 status=0
  shift
  rm --force "$tree/ran"
  chroot "$tree" /bin/nvgrace-gpu "$@" >"$scratch/out" 2>&1 || status=$?
  cat "$scratch/out"
  [ "$status" -eq "$expected" ] || { echo "it ended with status $status, not $expected"; return 1; }
}

# rule BDF yes|no: that is all there is in its file.
rule() {
  grep --invert-match '^#' "$tree/$RULES-$1.rules" | diff <(echo "SUBSYSTEM==\"pci\", KERNEL==\"$1\", ENV{NVGRACE_GPU_BIND}=\"$2\"") -
}
# rules NUMBER: so many files of rules, with nothing left beside them.
rules() {
  local files=("$tree"/etc/udev/rules.d/*)
  [ -e "${files[0]}" ] || files=()
  [ "${#files[@]}" -eq "$1" ] || { echo "there are: ${files[*]}"; return 1; }
}
# ran LINE...: these commands, in this order.
ran() { diff <(printf '%s\n' "$@") "$tree/ran"; }

told=("udevadm control --reload" "udevadm trigger --action=change --settle /sys/bus/pci/devices/$GPU" "update-initramfs -u -k all")

binds() { run 0 bind --persist "$GPU" && has "$GPU" "$DRIVER" "$DRIVER" && rule "$GPU" yes && rules 1 && ran "${told[@]}" && says "$GPU: bound at every boot, by /$RULES-$GPU.rules"; }
check "bind --persist: now and at boot" nothing binds
unbinds() { binds && run 0 unbind --persist "$GPU" --to nvidia && has "$GPU" nvidia "(null)" && rule "$GPU" no && rules 1 && ran "${told[@]}" && says "$GPU: left alone at every boot"; }
check "unbind --persist: and back" nothing unbinds
bound() { run 0 bind "$GPU" && rules 0 && [ ! -e "$tree/ran" ] && binds && says "it has $DRIVER already"; }
check "bind without --persist writes nothing; with it, a GPU that is bound already gets a rule" nothing bound
binds_all() { run 0 bind --persist --all && rule "$GPU" yes && rule "$SECOND" yes && rules 2 && ran "${told[0]}" "${told[1]} /sys/bus/pci/devices/$SECOND" "${told[2]}"; }
check "bind --persist --all: a rule for each, and one initramfs" nothing binds_all
readable() { run 0 bind --persist "$GPU" && [ "$(stat --format=%a "$tree/$RULES-$GPU.rules")" = 644 ]; }
check "everybody can read the rule" nothing readable

# --- what somebody has chosen

administrator() { put etc/udev/rules.d/60-nvgrace-gpu.rules 'SUBSYSTEM=="pci", ENV{NVGRACE_GPU_BIND}="no"'; put "run/udev/data/+pci:$GPU" E:NVGRACE_GPU_BIND=no; }
stays() { binds_beside && diff <(echo 'SUBSYSTEM=="pci", ENV{NVGRACE_GPU_BIND}="no"') "$tree/etc/udev/rules.d/60-nvgrace-gpu.rules"; }
binds_beside() { run 0 bind --persist "$GPU" && rule "$GPU" yes && rules 2 && ! grep "until the next boot" "$scratch/out"; }
check "an administrator's file stays as it is" administrator stays
leaves_out() { run 0 bind --persist --all && rule "$SECOND" yes && rules 2 && says "$GPU: left out: a udev rule says"; }
check "bind --persist --all: a GPU that is left out gets no rule" administrator leaves_out
bound_once() { administrator; pci_unbind "$GPU"; pci_bind "$GPU" "$DRIVER"; }
check "the same, of a GPU that is bound already" bound_once leaves_out
driverctl() { put "etc/driverctl.d/pci-$GPU" nvidia; }
refuses() { run 1 bind --persist --force "$GPU" && rules 0 && has "$GPU" nvidia "(null)" && says "driverctl unset-override $GPU" "nothing was changed" && ! grep force "$scratch/out"; }
check "driverctl decides at boot, so that --force is not enough" driverctl refuses
other_driver() { run 64 bind --persist --to vfio-pci "$GPU" && rules 0; }
check "no rule can give it to another driver" nothing other_driver

# --- failures, after which all is as it was

override() { put "sys/bus/pci/devices/$GPU/driver_override" vfio-pci; }
not_allowed() { run 1 bind --persist "$GPU" "$SECOND" && rules 0 && [ ! -e "$tree/ran" ] && has "$GPU" nvidia vfio-pci && has "$SECOND" nvidia "(null)"; }
check "one of two may not be moved: no rule" override not_allowed
not_moved() { run 1 bind --persist "$GPU" "$SECOND" && rules 0 && [ ! -e "$tree/ran" ] && has "$GPU" nvidia "(null)" && has "$SECOND" nvidia "(null)"; }
refused() { touch "$tree/sys/bus/pci/drivers/$DRIVER/refuses"; }
check "the driver refuses: the rules go again" refused not_moved
had_rule() { run 0 unbind --persist "$GPU" --to nvidia >/dev/null && cp "$tree/$RULES-$GPU.rules" "$scratch/before" && refused; }
as_before() { run 1 bind --persist "$GPU" "$SECOND" && rules 1 && diff "$scratch/before" "$tree/$RULES-$GPU.rules"; }
check "the driver refuses: a rule is what it was" had_rule as_before
link_there() { ln --symbolic /dev/null "$tree/$RULES-$SECOND.rules"; }
not_written() { run 1 bind --persist "$GPU" "$SECOND" && rules 1 && has "$GPU" nvidia "(null)" && says "$SECOND: /$RULES-$SECOND.rules cannot be written: something is there that is not a file" "nothing was changed"; }
check "one of two rules cannot be written: nothing is changed" link_there not_written
no_folder() { rm --recursive "$tree/etc/udev"; }
no_udev() { run 1 bind --persist "$GPU" && has "$GPU" nvidia "(null)" && says "cannot be written: No such file or directory"; }
check "there is no folder for rules" no_folder no_udev
recorded() { "$tool" --root "$tree" bind --persist "$GPU" >"$scratch/out" 2>&1 || [ $? -eq 1 ] || return 1; says "cannot be written: Read-only file system" && rules 0; }
check "a recorded tree is not written to" nothing recorded

# --- initramfs

dracut() { rm "$tree/usr/sbin/update-initramfs"; program usr/bin/dracut 0; }
by_dracut() { run 0 bind --persist "$GPU" && ran "${told[@]:0:2}" "dracut --force --regenerate-all"; }
check "a host that has dracut" dracut by_dracut
micro() { program usr/sbin/transactional-update 0; program usr/bin/dracut 0; put etc/os-release ID=sl-micro; }
by_transaction() { run 0 bind --persist "$GPU" && ran "${told[@]:0:2}" "transactional-update initrd"; }
check "a host that is changed by transactions" micro by_transaction
no_initramfs() { rm "$tree/usr/sbin/update-initramfs"; }
says_so() { run 0 bind --persist "$GPU" && ran "${told[@]:0:2}" && says "if this machine boots with an initramfs, make that anew"; }
check "a host that has neither" no_initramfs says_so
image() { mkdir --parents "$tree/run"; put run/ostree-booted ""; }
check "a host whose system is an image" image says_so
full() { program usr/sbin/update-initramfs 1; }
tells() { run 1 bind --persist "$GPU" && rule "$GPU" yes && has "$GPU" "$DRIVER" "$DRIVER" && says "when that is mended, run: update-initramfs -u -k all"; }
check "the initramfs cannot be made: bound, and told what to run" full tells
no_udevadm() { rm "$tree/usr/bin/udevadm"; }
tells_udev() { run 1 bind --persist "$GPU" && rule "$GPU" yes && ran "update-initramfs -u -k all" && says "when that is mended, run: udevadm control --reload"; }
check "udev cannot be told: the initramfs is made all the same" no_udevadm tells_udev

tap_done
