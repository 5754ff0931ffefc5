# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make demo, second boot: udev has bound the GPUs; one is used.

# shellcheck source-path=SCRIPTDIR source=checks.sh
. /rig/phases/checks.sh

for number in 1 2; do
  tap_check "after a reboot: $(lspci -n -s "$(bdf "$number")" | tr --squeeze-repeats ' '), bound by udev" \
    driver_is "$number" "$driver"
done
tap_check "after a reboot: $(lspci -n -s "$(bdf 3)" | tr --squeeze-repeats ' '), not bound by default" driver_is 3 none
/rig/programs/demo 1 >/tmp/demo
status=$?
while read -r result _ _ text; do
  case $result in ok) tap_check "$text" true ;; not) tap_check "$text" false ;; esac
done </tmp/demo
tap_check "the program ended well" test "$status" -eq 0
tap_done
