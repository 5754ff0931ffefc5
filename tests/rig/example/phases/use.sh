# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only

# shellcheck source-path=SCRIPTDIR/../../.. source=tap.sh
. /rig/tap.sh

tap_check "after a reboot: udev has bound the GPU" test -e /sys/bus/pci/drivers/nvgrace_gpu_vfio_pci/0000:01:00.0
tap_check "after a reboot: the tool says so" nvgrace-gpu status 0000:01:00.0
tap_check "after a reboot: its memory can be used" /rig/programs/demo
tap_done
