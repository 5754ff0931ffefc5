#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only

set -euo pipefail

# shellcheck source=/dev/null
. /rig/tap.sh

tap_check "the system is running again" systemctl is-system-running --wait
tap_check "the file is still there" grep kept /var/lib/rig/kept
tap_check "the firmware kept the variable" grep kept \
  /sys/firmware/efi/efivars/RigTest-0b3a9d2c-6e1f-4f60-8a58-3a4d5c6e7f80
tap_check "the GPU is there" grep 0x10de /sys/bus/pci/devices/0000:01:00.0/vendor
tap_done
