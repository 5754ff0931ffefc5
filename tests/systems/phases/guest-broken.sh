# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Hosts that are broken, one way after the other: no guest starts, doctor's first problem
# is why, and the commands that it prints, run as they are printed, mend it. Source
# guests.sh first.
# shellcheck disable=SC2154 # it has what is not set here

no_guest_starts() {
  start_qemu no-firmware
  ! guest_is_up 1 && ! guest_lives && return
  pkill --exact "$qemu_comm"
  return 1
}

# The commands below "Begin with", as they stand there.
fix() {
  sed --quiet '/^Begin with: /,$s/^ \{15\}//p' /tmp/doctor
}

first_problem_is() {
  local status=0
  nvgrace-gpu doctor >/tmp/doctor || status=$?
  cat /tmp/doctor
  [ "$status" -eq 2 ] && [[ "$(grep '^Begin with: ' /tmp/doctor)" == "Begin with: $1"* ]]
}

# As the manual page says: the first problem, then the next.
mend() {
  local round status
  for round in 1 2 3 4 5; do
    status=0
    nvgrace-gpu doctor >/tmp/doctor || status=$?
    [ "$status" -eq 2 ] || return 0
    echo "round $round: $(fix)"
    bash -e <(fix) || return
    udevadm settle
  done
  cat /tmp/doctor
  return 1
}

guest_works() {
  start_qemu no-firmware
  guest_is_up 1 && guest_uses_memory 1 && guest_ends
}

# broken HOW FIRST-PROBLEM COMMAND...: COMMAND breaks it.
broken() {
  local how=$1 problem=$2
  shift 2
  tap_check "$how" "$@"
  tap_check "$how: no guest starts" no_guest_starts
  tap_check "$how: doctor's first problem says so" first_problem_is "$problem"
  tap_check "$how: what doctor prints mends it" mend
  tap_check "$how: then a guest uses the memory" guest_works
}

lose_module() {
  modprobe --remove "$module" && dkms uninstall "$module/$current" -k "$kernel"
}

# A driver that was loaded by hand has what it can get.
lose_gpu() {
  bdf 1 >"$(gpu 1)/driver/unbind" && echo >"$(gpu 1)/driver_override" && insmod "/rig/greedy_gpu/$kernel.ko"
}

# As guides for hardening have it.
forbid_type1() {
  echo 'install vfio_iommu_type1 /bin/false' >/etc/modprobe.d/hardening.conf
  modprobe --remove "$module" && modprobe --remove vfio_iommu_type1 && modprobe "$module"
}

# By hand or by driverctl: for a driver that is not there.
override() {
  bdf 1 >"$(gpu 1)/driver/unbind" && echo nvidia >"$(gpu 1)/driver_override"
}

forget_process() {
  setsid /rig/programs/hold 1 >/tmp/hold 2>&1 </dev/null &
  until grep --quiet held /tmp/hold; do sleep 0.2; done
}

# Copied from a kernel that the module was built for.
copy_stale_module() {
  local file
  file=$(module_file "$kernel") && modprobe --remove "$module" &&
    xz --decompress --stdout "$file" | sed "s/vermagic=./vermagic=5/" >/tmp/stale.ko &&
    xz --check=crc32 --force /tmp/stale.ko && cp /tmp/stale.ko.xz "$file"
}

tap_check "a host without a problem" mend
broken "the GPU's module is gone" "Driver's module: kernel $kernel: there is no module" lose_module
broken "the module is another kernel's" "Driver's module: kernel $kernel: $(module_file "$kernel") is built for kernel 5" copy_stale_module
broken "another driver has the GPU" "GPU's driver: $(bdf 1): greedy_gpu has it" lose_gpu
broken "a module of VFIO may not be loaded" "modprobe's configuration: /etc/modprobe.d/hardening.conf: install vfio_iommu_type1" forbid_type1
broken "driver_override names another driver" "GPU's driver: $(bdf 1): it has no driver, and driver_override gives it to nvidia" override
broken "a forgotten process has the GPU" "In use: $(bdf 1): process" forget_process
