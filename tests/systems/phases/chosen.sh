# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# After a boot with the choices that the phase before has left.

# shellcheck source-path=SCRIPTDIR source=checks.sh
. /rig/phases/checks.sh

tap_check "the GPU that was opted out has the other driver" driver_is 1 greedy_gpu
tap_check "its driver_override was not touched" override_is 1 "(null)"
tap_check "the GPU with a driver_override of its own has that" override_is 2 vfio-pci
tap_check "our driver does not have it" bash -c "[ ! -e /sys/bus/pci/drivers/$driver/$(bdf 2) ]"
tap_check "no unit failed" no_unit_failed
tap_done
