# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A kernel that takes only modules with a key it trusts, and does not trust DKMS's.

# shellcheck source-path=SCRIPTDIR source=checks.sh
. /rig/phases/checks.sh

tap_check "the kernel enforces signatures" grep --quiet Y /sys/module/module/parameters/sig_enforce
tap_check "the module is refused" driver_is 1 none
tap_check "the kernel does not load it by hand either" bash -c "! modprobe $module"
journalctl --unit="$module@$(bdf 1).service" >/tmp/log
tap_check "the log says why" says /tmp/log "this machine does not trust the key that signed the module"
tap_check "and what to do" says /tmp/log "mokutil --import /var/lib/dkms/mok.pub"
tap_check "the unit of the GPU has failed" systemctl is-failed "$module@$(bdf 1).service"
tap_check "mokutil takes the certificate" openssl x509 -inform der -in /var/lib/dkms/mok.pub -noout
# The test enrols it from outside, as the firmware would.
cp /var/lib/dkms/mok.pub /rig/dkms-key.der
tap_done
