# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The domain that "nvgrace-gpu libvirt" prints, of GPUs that do not have our driver:
# libvirt finds it by itself. Source guests.sh first.
# shellcheck disable=SC2154 # it has what is not set here

# shellcheck source-path=SCRIPTDIR source=domain.sh
. /rig/phases/domain.sh

# GPU 1 has another driver, GPU 2 has none.
give_away() {
  insmod "/rig/greedy_gpu/$kernel.ko"
  nvgrace-gpu unbind "$(bdf 1)" --to greedy_gpu && driver_is 1 greedy_gpu && override_is 1 "(null)" &&
    nvgrace-gpu unbind "$(bdf 2)" && driver_is 2 none
}

is_valid() {
  guide "nvgrace-gpu libvirt" "$(bdf 1)" "$(bdf 2)" && virt-xml-validate /tmp/guest.xml domain && guide "virsh define"
}

# libvirt asks the kernel for a driver of each.
are_back() {
  local end=$((SECONDS + patience))
  until [ "$(virsh domstate "$domain")" = "shut off" ]; do
    [ "$SECONDS" -lt "$end" ] || return
    sleep 1
  done
  udevadm settle
  driver_is 1 greedy_gpu && driver_is 2 greedy_gpu && override_is 1 "(null)" && override_is 2 "(null)"
}

# Those that our driver has already.
stay_bound() {
  nvgrace-gpu bind "$(bdf 1)" "$(bdf 2)" && virsh start "$domain" && virsh destroy "$domain" &&
    driver_is 1 "$driver" && driver_is 2 "$driver" && override_is 1 "$driver" && override_is 2 "$driver"
}

takes_smmu() {
  nvgrace-gpu libvirt --smmu emulated --network user "$(bdf 1)" >/tmp/guest.xml && complete
}

tap_check "GPU 1 has another driver, GPU 2 has none" give_away
tap_check "libvirt starts" systemctl start libvirtd
tap_check "libvirt finds the domain that the tool prints valid as it is" is_valid
tap_check "with something to boot, too" complete
tap_check "the guest starts" start_domain
tap_check "libvirt has chosen our driver for GPU 1" driver_is 1 "$driver"
tap_check "and for GPU 2" driver_is 2 "$driver"
tap_check "the guest is up" guest_is_up 1 2
tap_check "guest and host see the same memory of both" guest_uses_memory 1 2
tap_check "the guest goes off" guest_ends
tap_check "the GPUs have drivers of the host again" are_back
rmmod greedy_gpu
tap_check "GPUs that have our driver before a guest have it afterwards" stay_bound
virsh undefine --nvram "$domain" >/dev/null
tap_check "libvirt takes a domain with an emulated SMMU" takes_smmu
tap_check "its guest starts" start_domain
tap_check "that guest is up" guest_is_up 1
tap_check "the network is behind its SMMU, the GPU is not" ask smmu 1
tap_check "that guest goes off" guest_ends
virsh undefine --nvram "$domain" >/dev/null
systemctl stop libvirtd libvirtd.socket libvirtd-ro.socket libvirtd-admin.socket
