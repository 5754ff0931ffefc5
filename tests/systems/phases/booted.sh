# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# After a boot with the package: nobody did anything, and the GPUs are bound.

# shellcheck source-path=SCRIPTDIR source=checks.sh
. /rig/phases/checks.sh

# Each path through VFIO, on GPUs as boot has left them.
abi() {
  "/rig/programs/$1" "$2"
}

# By the message, not by the unit: while systemd-journald is not there yet, the message is
# in the kernel's log.
turns_are() {
  local turns
  turns=$(journalctl --boot --output=cat | grep --count "^Finished $module.service")
  echo "$turns turns"
  [ "$turns" -eq "$1" ]
}

tap_check "GPU 1 is bound" driver_is 1 "$driver"
tap_check "GPU 2 is bound" driver_is 2 "$driver"
tap_check "driver_override says so" override_is 1 "$driver"
if [ -d /sys/module/greedy_gpu ]; then
  tap_check "the other driver was there, and got what was left" driver_is 3 greedy_gpu
  tap_check "it never had GPU 1" bash -c "! dmesg | grep 'greedy_gpu $(bdf 1)'"
  tap_check "it never had GPU 2" bash -c "! dmesg | grep 'greedy_gpu $(bdf 2)'"
fi
tap_check "the module that is loaded is DKMS's" grep --quiet --line-regexp "$current" "/sys/module/$driver/version"
tap_check "no unit failed" no_unit_failed
tap_check "NVIDIA's functions had a turn of their own, once" turns_are 1
tap_check "other drivers can be loaded again since" test ! -e "/run/$module"
tap_check "VFIO gives access to GPU 1" vfio_works 1
for program in region_info rw mmap; do
  tap_check "ABI test: $program" abi "$program" 2
done
tap_done
