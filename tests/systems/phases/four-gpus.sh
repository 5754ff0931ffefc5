# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The section of the operator's guide about four GPUs, line by line.

# shellcheck source-path=SCRIPTDIR source=guests.sh
. /rig/phases/guests.sh
# shellcheck source-path=SCRIPTDIR source=domain.sh
. /rig/phases/domain.sh

# shellcheck disable=SC2034 # guide() replaces them
guide_gpus="0008:06:00.0 0009:06:00.0 0018:06:00.0 0019:06:00.0"
gpus=("$(bdf 1)" "$(bdf 2)" "$(bdf 3)" "$(bdf 4)")

each_has() {
  local number
  for number in 1 2 3 4; do
    driver_is "$number" "$1" || return
  done
}

# apt would ask; and the repository has more versions than this one.
installs() {
  echo 'APT::Get::Assume-Yes "true";' >/etc/apt/apt.conf.d/99yes
  cp /rig/repo/apt/pool/*_"${current}"_*.deb /tmp && guide "apt install" && rm /etc/apt/apt.conf.d/99yes &&
    dkms_has "$current" "$kernel"
}

lists_four() {
  guide "nvgrace-gpu list" | tee /tmp/said
  [ "$(grep --count 'GB200  .*driver none' /tmp/said)" -eq 4 ]
}

binds() {
  guide "nvgrace-gpu bind --persist" "${gpus[@]}" && each_has "$driver"
}

# KVM of this kernel has usemem uncached, of which it warns.
has_no_problem() {
  local status=0
  guide "nvgrace-gpu doctor" "${gpus[@]}" >/tmp/said || status=$?
  cat /tmp/said
  [ "$status" -le 1 ] && ! grep '^problem' /tmp/said
}

is_taken() {
  guide "nvgrace-gpu libvirt" "${gpus[@]}" && guide "virsh define"
}

tap_check "the packages install" installs
tap_check "four GPUs, which nothing has bound" lists_four
tap_check "all are bound, now and at boot" binds
tap_check "doctor finds no problem" has_no_problem
tap_check "libvirt starts" systemctl start libvirtd
tap_check "libvirt takes the domain that the tool prints" is_taken
tap_check "with something to boot, too" complete
tap_check "the guest starts" start_domain
tap_check "the guest is up" guest_is_up 1 2 3 4
tap_check "it has as many of the GPUs' NUMA nodes as its kernel can have" ask nodes 1
tap_check "guest and host see the same memory of all four" guest_uses_memory 1 2 3 4
tap_check "the guest goes off" guest_ends
tap_check "the GPUs keep their driver" each_has "$driver"
tap_check "every line of that section was run" all_of_guide_was_run
tap_done
