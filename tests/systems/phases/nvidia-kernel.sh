# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# That kernel runs: the host is healthy, and gives its GPU to a guest; then it is broken in
# ways that only such a host can be.

# shellcheck source-path=SCRIPTDIR source=guests.sh
. /rig/phases/guests.sh
# shellcheck source-path=SCRIPTDIR source=breaking.sh
. /rig/phases/breaking.sh

modules=$module-modules-$kernel

has_pages_of_64k() {
  [ "$(getconf PAGESIZE)" -eq 65536 ]
}

has_only_iommufd() {
  ! modinfo vfio_iommu_type1 && [ -c /dev/iommu ] && [ -c /dev/vfio/vfio ]
}

doctor_is_content() {
  nvgrace-gpu doctor >/tmp/said && says /tmp/said "Problems: 0. Warnings: 0. Unknown: 0." "KVM: guests get usemem cacheable"
}

qemu_has_iommufd() {
  says /tmp/guest.sh "-object iommufd,id=iommufd0" "iommufd=iommufd0"
}

# As guides for hardening have it. What stands on iommufd goes first, whatever has loaded it.
forbid_iommufd() {
  echo 'install iommufd /bin/false' >/etc/modprobe.d/hardening.conf
  modprobe --remove "$module" && rmmod vfio_pci vfio_pci_core vfio iommufd
  lsmod | grep -e vfio -e iommufd
  [ ! -e /sys/module/iommufd ] && ! modprobe "$module"
}

remove_module() {
  apt_quietly remove "$modules"
}

# Built for the other kernel of this machine.
copy_other_module() {
  modprobe --remove "$module" && cp /rig/other-module.ko "$(module_file "$kernel")"
}

tap_check "it runs" test "$kernel" = "$(cat /rig/new-release)"
tap_check "its pages have 64 KiB" has_pages_of_64k
tap_check "it has iommufd, and no type1" has_only_iommufd
tap_check "GPU 1 is bound" driver_is 1 "$driver"
tap_check "no unit failed" no_unit_failed
tap_check "doctor has nothing to say against it" doctor_is_content
start_qemu no-firmware
tap_check "the line that the tool prints has iommufd" qemu_has_iommufd
tap_check "it starts a guest" guest_is_up 1
tap_check "guest and host see the same GPU memory" guest_uses_memory 1
tap_check "the guest goes off" guest_ends
broken "iommufd may not be loaded" "modprobe's configuration: /etc/modprobe.d/hardening.conf: install iommufd" forbid_iommufd
broken "the module's package is gone" "Driver's module: kernel $kernel: there is no module" remove_module
broken "the module is that of a kernel with other pages" \
  "Driver's module: kernel $kernel: $(module_file "$kernel") is built for kernel $(cat /rig/other-release)" copy_other_module
tap_done
