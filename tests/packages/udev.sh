#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# udev.sh SUITE: what udev and modprobe of that suite make of the package's rules and
# settings, and of an administrator's beside them. Prints TAP. Runs inside the rig's root,
# where the root of the suite has been made.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/packages.sh"
# shellcheck source-path=SCRIPTDIR/..
. "$top/tests/tap.sh"
# shellcheck source-path=SCRIPTDIR
. "$top/tests/packages/suite.sh"

suite_host "$1"
ours='kmod load nvgrace-gpu-vfio-pci'
by_modalias='kmod load'
opted_out='SUBSYSTEM=="pci", KERNEL=="0009:01:00.0", ENV{NVGRACE_GPU_BIND}="no"'

# --- the rules

chosen

# The oldest cannot check rules, but complains while it reads them.
no_fault_in_rules() {
  event add 0009:01:00.0 >/dev/null && ! grep '65-nvgrace.*\(nvalid\|nknown\|ignoring\|cannot\|rror\)' "$scratch/event.log" || return 1
  [ "$(udevadm --version | sed 's/ .*//')" -lt 254 ] || udevadm verify "/usr/lib/udev/rules.d/65-$package.rules"
}
tap_check "udev finds no fault in the rules" no_fault_in_rules

tap_check "a GPU that is added gets our driver and no other" does add 0009:01:00.0 override "$ours"
tap_check "and one of the other id" does add 0019:01:00.0 override "$ours"
tap_check "one that is not bound by default is left alone" does add 0029:01:00.0 "$by_modalias"
tap_check "another vendor's device is, too" does add 0039:01:00.0 "$by_modalias"

chosen "$opted_out"
tap_check "a GPU that is opted out gets the driver it would have without us" does add 0009:01:00.0 "$by_modalias"
tap_check "the others are bound" does add 0019:01:00.0 override "$ours"
chosen 'SUBSYSTEM=="pci", ENV{NVGRACE_GPU_BIND}="no"'
tap_check "all GPUs are opted out" does add 0019:01:00.0 "$by_modalias"
chosen 'SUBSYSTEM=="pci", ATTR{vendor}=="0x10de", ATTR{device}=="0x2941", ENV{NVGRACE_GPU_BIND}="yes"'
tap_check "another id is opted in" does add 0029:01:00.0 override "$ours"
chosen
ln --symbolic /dev/null "$root$rules/65-$package.rules"
tap_check "without our rules a GPU gets the driver it would have without us" does add 0009:01:00.0 "$by_modalias"

chosen
mkdir "$root/etc/driverctl.d"
echo nvidia >"$root/etc/driverctl.d/pci-0009:01:00.0"
tap_check "a GPU is left to driverctl" does add 0009:01:00.0 "$by_modalias"
chosen
echo nvidia >"$root/$bus/devices/0009:01:00.0/driver_override"
tap_check "driver_override of somebody else stands" does add 0009:01:00.0 "$by_modalias"
chosen
echo nvgrace_gpu_vfio_pci >"$root/$bus/devices/0009:01:00.0/driver_override"
tap_check "ours is enough, whoever wrote it" does add 0009:01:00.0 "$ours"
chosen
given_driver 0009:01:00.0 nvidia
tap_check "a GPU that has a driver keeps it" does add 0009:01:00.0 "$by_modalias"
chosen
given_driver 0009:01:00.0 nvgrace_gpu_vfio_pci
echo nvgrace_gpu_vfio_pci >"$root/$bus/devices/0009:01:00.0/driver_override"
tap_check "a GPU that has ours, when all devices are added again, has no other loaded" does add 0009:01:00.0 "$ours"

# --- rules of others

others() {
  chosen 'SUBSYSTEM=="pci", RUN+="/bin/before"'
  echo 'SUBSYSTEM=="pci", RUN+="/bin/behind"' >"$root$rules/99-local.rules"
}
others
tap_check "what others run at a change is run" does change 0009:01:00.0 override /bin/before "$ours" /bin/behind
given_driver 0009:01:00.0 nvgrace_gpu_vfio_pci
tap_check "and when it is bound" does bind 0009:01:00.0 /bin/before /bin/behind
echo NVGRACE_GPU_EVENT=not-ready >>"$root/$bus/devices/0009:01:00.0/uevent"
echo nvgrace_gpu_vfio_pci >"$root/$bus/devices/0009:01:00.0/driver_override"
tap_check "and when the driver tells of it, which binds nothing" does change 0009:01:00.0 /bin/before /bin/behind
tap_check "and for a GPU that is none of ours" does add 0029:01:00.0 /bin/before "$by_modalias" /bin/behind

# --- early at boot

# The events that the service asks for.
early=$(sed --quiet 's/^ExecStart=udevadm trigger .*--action=\([a-z]*\) .*/\1/p' "$top/udev/$package.service")
chosen "$opted_out"
tap_check "early, no driver is loaded for a GPU that is opted out" does "$early" 0009:01:00.0
tap_check "nor for one that is not bound by default" does "$early" 0029:01:00.0
tap_check "ours is loaded for one that is to be bound" does "$early" 0019:01:00.0 override "$ours"
given_driver 0019:01:00.0 nvidia
tap_check "nothing is loaded for a GPU that has a driver" does "$early" 0019:01:00.0

# --- modprobe

# others_as_without_us LINE...: with these lines of an administrator our snippet changes
# nothing for any module, be it asked for by its name or by a device's.
others_as_without_us() {
  local snippet=$root/usr/lib/modprobe.d/$package.conf names
  names=(nouveau nvidia vfio-pci "$package" "$(modalias pci 2342)" "$(modalias pci 2941)" "$(modalias vfio_pci 20B0)")
  printf '%s\n' "$@" >"$root/etc/modprobe.d/admin.conf"
  what_modprobe_does "${names[@]}" >"$scratch/with"
  mv "$snippet" "$scratch"
  what_modprobe_does "${names[@]}" >"$scratch/without"
  mv "$scratch/${snippet##*/}" "${snippet%/*}"
  rm "$root/etc/modprobe.d/admin.conf"
  grep --quiet '^nouveau: [a-z]' "$scratch/without" && diff "$scratch/without" "$scratch/with"
}
tap_check "other modules are loaded as without us" others_as_without_us
tap_check "install lines of a GPU driver's package have their effect" others_as_without_us 'install nvidia modprobe --ignore-install nvidia'
tap_check "install lines of an administrator have, too" others_as_without_us 'install nouveau /bin/false'
tap_check "and those for ours" others_as_without_us "install $package /bin/false"
tap_check "and softdeps, options and a blacklist" others_as_without_us 'softdep nvidia pre: vfio-pci' 'options nouveau modeset=0' 'blacklist nouveau'

# vfio_driver_is_ours: of each id of the driver, and of no other.
vfio_driver_is_ours() {
  local id ids
  mapfile -t ids < <(driver_ids)
  [ "${#ids[@]}" -gt 0 ] || return 1
  for id in "${ids[@]}"; do
    diff <(echo nvgrace_gpu_vfio_pci) <(chroot "$root" modprobe --set-version "$release" --resolve-alias "$(modalias vfio_pci "$id")") || return 1
  done
  diff <(echo vfio_pci) <(chroot "$root" modprobe --set-version "$release" --resolve-alias "$(modalias vfio_pci 20B0)")
}
tap_check "modprobe knows one VFIO driver for each GPU of ours" vfio_driver_is_ours

tap_done
