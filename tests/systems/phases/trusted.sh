# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Such a kernel when it trusts the key of the module, from the boot on.

# shellcheck source-path=SCRIPTDIR source=checks.sh
. /rig/phases/checks.sh

tap_check "the kernel enforces signatures" grep --quiet Y /sys/module/module/parameters/sig_enforce
tap_check "GPU 1 is bound" driver_is 1 "$driver"
tap_check "GPU 2 is bound" driver_is 2 "$driver"
tap_check "no unit failed" no_unit_failed
tap_done
