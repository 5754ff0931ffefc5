#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only

set -euo pipefail

# shellcheck source=/dev/null
. /rig/tap.sh

variable=/sys/firmware/efi/efivars/RigTest-0b3a9d2c-6e1f-4f60-8a58-3a4d5c6e7f80

# systemctl prints the state, and fails unless it is "running".
is_running() {
  systemctl is-system-running --wait && return
  systemctl --failed --no-legend
  systemctl list-jobs
  return 1
}

is_gpu() {
  local device=/sys/bus/pci/devices/0000:01:00.0
  grep --quiet 0x10de $device/vendor && grep --quiet 0x2342 $device/device
}

has_no_driver() {
  [ ! -e /sys/bus/pci/devices/0000:01:00.0/driver ]
}

has_no_pmem() {
  ! ls /dev/pmem*
}

packages_are_whole() {
  [ -z "$(dpkg --audit)" ] && apt-get check && dpkg --verify && [ "$(dpkg --print-architecture)" = arm64 ]
}

# The first 4 bytes of an EFI variable are its attributes.
set_variable() {
  printf '\x07\x00\x00\x00kept' >$variable
}

keep_file() {
  echo kept >/var/lib/rig/kept
}

# Without it an upgrade of a package would have to go to the network.
apt_has_no_source() {
  apt-get update && [ "$(apt-cache policy | grep --count 'release')" -le 1 ]
}

tap_check "the system is running, no unit has failed" is_running
tap_check "the GPU is there" is_gpu
tap_check "it has no driver" has_no_driver
tap_check "its memory is no NVDIMM" has_no_pmem
tap_check "the headers of the running kernel are there" test -d "/lib/modules/$(uname --kernel-release)/build"
tap_check "all packages are installed whole" packages_are_whole
tap_check "DKMS works" dkms status
tap_check "apt knows no mirror" apt_has_no_source
tap_check "the programs of the ABI tests are there" test -x /rig/programs/demo
tap_check "a variable of the firmware can be set" set_variable
tap_check "a file can be written" keep_file
tap_done
