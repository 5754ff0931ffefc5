# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The command line that "nvgrace-gpu qemu" prints. Source guests.sh first.
# shellcheck disable=SC2154 # it has what is not set here

# While the guest has it.
stays_put() {
  local pid
  pid=$(pgrep --exact "$qemu_comm")
  ! nvgrace-gpu "$@" >/tmp/said 2>&1 && says /tmp/said "process $pid (qemu-system-aar) has it open as /dev/vfio/" "nothing was changed" &&
    driver_is 1 "$driver"
}

in_use() {
  local pid
  pid=$(pgrep --exact "$qemu_comm")
  nvgrace-gpu status "$(bdf 1)" >/tmp/said
  nvgrace-gpu doctor >>/tmp/said
  says /tmp/said "open in          $pid (qemu-system-aar): /dev/vfio/" "In use: $(bdf 1): process $pid (qemu-system-aar) runs a guest that has it"
}

tap_check "udev has bound GPU 1 at boot" driver_is 1 "$driver"
start_qemu
tap_check "the line that the tool prints starts a guest" guest_is_up 1
tap_check "the guest sees the NUMA nodes of its GPU" ask nodes 1
tap_check "guest and host see the same GPU memory" guest_uses_memory 1
tap_check "status and doctor say who has the GPU" in_use
tap_check "unbind is refused, with the process named" stays_put unbind "$(bdf 1)"
tap_check "bind to another driver, too" stays_put bind --to vfio-pci --force "$(bdf 1)"
tap_check "the guest goes off" guest_ends
