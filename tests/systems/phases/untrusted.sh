# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A kernel that takes only modules with a key it trusts, and does not trust DKMS's.

# shellcheck source-path=SCRIPTDIR source=checks.sh
. /rig/phases/checks.sh

# mokutil asks twice for a password, which the firmware's console asks for again.
enrol() {
  local said
  said=$(sed --quiet "s/.*run '\(mokutil [^']*\)'.*/\1/p" /tmp/log | head --lines=1)
  printf 'secret123\nsecret123\n' | bash -c "$said" && mokutil --list-new | grep --fixed-strings "$(modinfo --field signer "$module")"
}

tap_check "the kernel enforces signatures" grep --quiet Y /sys/module/module/parameters/sig_enforce
tap_check "the module is refused" driver_is 1 none
tap_check "the kernel does not load it by hand either" bash -c "! modprobe $module"
journalctl --unit="$module@$(bdf 1).service" >/tmp/log
tap_check "the log says why" says /tmp/log "this machine does not trust the key that signed the module"
tap_check "and what to do" says /tmp/log "mokutil --import /var/lib/dkms/mok.pub"
tap_check "the unit of the GPU has failed" systemctl is-failed "$module@$(bdf 1).service"
tap_check "that enrols the key with the next boot" enrol
# The test enrols it from outside, as the firmware would.
cp /var/lib/dkms/mok.pub /rig/dkms-key.der
tap_done
