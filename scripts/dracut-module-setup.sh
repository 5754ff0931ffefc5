#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# dracut: the driver and its udev rule, so that a GPU driver in the initramfs does not
# take the GPUs first. What administrators chose comes along.

# shellcheck disable=SC2154 # moddir, dracutsysrootdir, hostonly and kernel are dracut's

check() {
  # Without the module the rule would only keep other drivers away.
  modinfo -k "$kernel" nvgrace-gpu-vfio-pci >/dev/null 2>&1 || return 1
  return 0
}

depends() {
  echo udev-rules
}

installkernel() {
  # Also in an initramfs for this host only, made while the driver is not loaded.
  hostonly='' instmods nvgrace-gpu-vfio-pci
}

install() {
  local file
  # Our rule looks at what driverctl is to do.
  for file in /etc/driverctl.d/pci-*; do
    [ ! -e "$file" ] || inst_simple "$file"
  done
  for file in /etc/udev/rules.d/*.rules; do
    if [ -e "$file" ] && grep -q -E 'NVGRACE_GPU_BIND|driver_override' "$file"; then
      inst_simple "$file"
    fi
  done
  inst_rules 65-nvgrace-gpu-vfio-pci.rules
  inst_simple /usr/lib/modprobe.d/nvgrace-gpu-vfio-pci.conf
}
