# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What the tests of packages share, on the host's side.

SCENARIO=$SYSTEM_TESTS/three-gpus.conf

# The packages of this source, made once for all tests: SYSTEM_SHARE/repo.
packages_make() {
  local stamp
  stamp=$(cd "$RIG_TOP" && rig_hash VERSION LICENSE README.md Makefile dkms.conf debian rpm src tools udev scripts docs \
    tests/systems/lib/make-repository.sh)
  rig_lock packages-made
  if [ "$(cat "$(rig_work)/packages/stamp" 2>/dev/null)" != "$stamp" ]; then
    rig_step "making the packages" root_enter "$SYSTEM_TESTS/lib/make-repository.sh" "$(rig_work)/packages"
    printf '%s\n' "$stamp" >"$(rig_work)/packages/stamp"
  fi
  cp --recursive "$(rig_work)/packages/repo" "$SYSTEM_SHARE/"
  rig_unlock packages-made
}

# share_greedy KERNEL-NAME: the other GPU driver for that kernel.
share_greedy() {
  build_gpu "$1"
  mkdir --parents "$SYSTEM_SHARE/greedy_gpu"
  cp "$(build_path "$1")/gpu/greedy_gpu.ko" "$SYSTEM_SHARE/greedy_gpu/$(kernel_release "$1").ko"
}

# The headers that the system once had, to come back.
share_headers() {
  mkdir "$SYSTEM_SHARE/headers"
  cp "$(kernel_path "$(system_kernel "$SYSTEM")")"/debs/linux-headers-"$(system_release "$SYSTEM")"_*.deb "$SYSTEM_SHARE/headers/"
}

# boot DISK-NAME PHASE [RELEASE [KERNEL-ARGUMENT...]]
boot() {
  local disk=$SYSTEM_WORK/$1.qcow2 phase=$SYSTEM_TESTS/phases/$2.sh release=${3:-}
  shift $(($# < 3 ? $# : 3))
  [ -n "$release" ] || release=$(system_release "$SYSTEM")
  system_boot "$SYSTEM" "$disk" "$SCENARIO" "$release" "$phase" "$@"
}

# disk DISK-NAME [BACKING-DISK-NAME]
disk() {
  system_disk_new "$SYSTEM" "$SYSTEM_WORK/$1.qcow2" ${2:+"$SYSTEM_WORK/$2.qcow2"}
}

# installed_disk DISK-NAME: of a system that has the package. Made once for all tests;
# disks laid over it are of use only as long as it stays as it is.
installed_disk() {
  local folder stamp
  folder=$(rig_work)/systems/$SYSTEM.installed
  stamp="$(cat "$(system_path "$SYSTEM")/stamp" "$(rig_work)/packages/stamp") $(cd "$SYSTEM_TESTS" && rig_hash phases/install-quietly.sh)"
  rig_made "installed-$SYSTEM" installed_is installed_make "$folder" "$stamp"
  system_disk_new "$SYSTEM" "$SYSTEM_WORK/$1.qcow2" "$folder/installed.qcow2"
}

# installed_is FOLDER STAMP
installed_is() {
  [ "$(cat "$1/stamp" 2>/dev/null)" = "$2" ]
}

# installed_make FOLDER STAMP
installed_make() {
  rm --recursive --force "$1"
  mkdir --parents "$1"
  cp --recursive "$SYSTEM_SHARE" "$1/share"
  system_disk_new "$SYSTEM" "$1/installed.qcow2"
  system_boot "$SYSTEM" "$1/installed.qcow2" "$SCENARIO" "$(system_release "$SYSTEM")" \
    "$SYSTEM_TESTS/phases/install-quietly.sh"
  printf '%s\n' "$2" >"$1/stamp"
}

packages_make
