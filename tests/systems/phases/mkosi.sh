# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The first boot of a host from an image that mkosi has made: nobody does anything, and the
# GPUs are ours. Another driver is in the image.

# shellcheck source-path=SCRIPTDIR source=checks.sh
. /rig/phases/checks.sh

never_had() {
  ! dmesg | grep "greedy_gpu $(bdf "$1")"
}

# Debian's kernel of this release gives guests device memory; that is all.
doctor() {
  local status=0
  nvgrace-gpu doctor "$(bdf "$1")" >/tmp/doctor || status=$?
  cat /tmp/doctor
  [ "$status" -eq 1 ] && says /tmp/doctor "Problems: 0. Warnings: 1. Unknown: 0." "Begin with: KVM: kernel $kernel gives guests usemem as device memory"
}

tap_check "no unit failed" no_unit_failed
tap_check "DKMS has built the module for the image's kernel" dkms_has "$current" "$kernel"
tap_check "the packages are there whole" package_is "$current"
tap_check "the package manager has nothing to complain about" manager_is_healthy
tap_check "the module that is loaded is DKMS's" loaded_version_is "$current"
tap_check "the other driver got what was left" driver_is 3 greedy_gpu
for number in 1 2; do
  tap_check "GPU $number is bound" driver_is "$number" "$driver"
  tap_check "the other driver never had it" never_had "$number"
  tap_check "doctor finds nothing wrong with it, but for the kernel" doctor "$number"
  tap_check "its memory can be used" vfio_works "$number"
done
tap_check "libvirt would find the driver" grep "alias vfio_pci:v000010DEd00002342.* $driver" "/lib/modules/$kernel/modules.alias"
tap_check "QEMU is there, and firmware for guests" bash -c "qemu-system-aarch64 --version && ls /usr/share/AAVMF/AAVMF_CODE.fd"
tap_check "the driver would have updates" test -s "/etc/apt/sources.list.d/$module.sources"
tap_check "a kernel that comes later can be built for" test -d "/lib/modules/$kernel/build/include"
tap_done
