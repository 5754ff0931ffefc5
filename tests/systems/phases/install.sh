# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Installation on a host that has GPUs in use and GPUs that nobody uses.

# shellcheck source-path=SCRIPTDIR source=checks.sh
. /rig/phases/checks.sh

# GPU 1 and 3 are in use by another driver, GPU 2 by none.
occupy() {
  insmod "/rig/greedy_gpu/$kernel.ko"
  driver_is 1 greedy_gpu && driver_is 2 greedy_gpu && driver_is 3 greedy_gpu &&
    bdf 2 >/sys/bus/pci/drivers/greedy_gpu/unbind
}

# The commands that the message names, as they stand there.
hand_over() {
  sed --quiet "s/.*$(bdf 1).*now, stop what uses it and run '\(.*\)', then '\(.*\)'/\1\n\2/p" /tmp/apt >/tmp/commands
  cat /tmp/commands
  [ "$(wc --lines </tmp/commands)" -eq 2 ] && bash -e /tmp/commands && udevadm settle && driver_is 1 "$driver"
}

signed_by_dkms() {
  local signer subject
  signer=$(modinfo --field signer "$module")
  subject=$(openssl x509 -inform der -in /var/lib/dkms/mok.pub -noout -subject -nameopt multiline |
    sed --quiet 's/^ *commonName *= //p')
  echo "signed by '$signer', DKMS's key is of '$subject'"
  [ -n "$signer" ] && [ "$signer" = "$subject" ]
}

# The other driver will be there at the next boot too: by name, before udev's devices,
# and by its modalias.
keep_greedy() {
  unload_greedy
  mkdir --parents "/lib/modules/$kernel/extra"
  cp "/rig/greedy_gpu/$kernel.ko" "/lib/modules/$kernel/extra/greedy_gpu.ko"
  depmod
  echo greedy_gpu >/etc/modules-load.d/greedy.conf
}

list_files >/var/lib/rig/files-before
tap_check "the repository is taken with its key" add_repository
tap_check "another driver has GPUs" occupy
tap_check "the package installs" install_package "$current"
tap_check "the module is there for the kernel" dkms_has "$current" "$kernel"
tap_check "all its files are there" package_is "$current"
tap_check "the package manager has nothing to complain about" manager_is_healthy
tap_check "DKMS's key signed it" signed_by_dkms
tap_check "a GPU that nobody used is bound at once" driver_is 2 "$driver"
tap_check "it is said so" says /tmp/apt "GPU $(bdf 2) is bound"
tap_check "a GPU in use is left alone" driver_is 1 greedy_gpu
tap_check "it is said so" says /tmp/apt "$(bdf 1) is not bound to $module: greedy_gpu has it"
tap_check "the log says so too" bash -c "journalctl --unit=$module@$(bdf 1).service | grep 'greedy_gpu has it'"
tap_check "a GPU that is not bound by default is left alone" driver_is 3 greedy_gpu
tap_check "nothing is said of that" does_not_say /tmp/apt "$(bdf 3)"
tap_check "the commands that are named hand a GPU over" hand_over
tap_check "VFIO gives access to its memory" vfio_works 1
tap_check "udev finds no fault in the rules" bash -c \
  "! command -v udevadm >/dev/null || ! udevadm verify --help >/dev/null 2>&1 || udevadm verify /usr/lib/udev/rules.d/65-$module.rules"
tap_check "systemd finds no fault in the units" systemd-analyze verify --man=no "$module.service" "$module@test.service"
tap_check "the other driver stays for the next boot" keep_greedy
tap_done
