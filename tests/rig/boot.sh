# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Boots a virtual host: a kernel and the programs of a scenario, nothing else.
# Source lib.sh and the other parts of the rig first.
#
# In the cache, for a scenario file SCENARIO.conf:
#               logs/NAME/SCENARIO/console.log   the kernel's console
#               logs/NAME/SCENARIO/report.tap    what the programs said
#               logs/NAME/SCENARIO/qemu.log      what QEMU said

boot_path() {
  printf '%s/logs/%s/%s\n' "$(rig_work)" "$1" "$(basename "$2" .conf)"
}

# boot_scenario NAME SCENARIO: runs its programs and judges them.
boot_scenario() {
  local name=$1 scenario=$2 folder status=0
  boot_prepare "$name" "$scenario"
  folder=$(boot_path "$name" "$scenario")
  machine_run "$folder" "${RIG_TIMEOUT:-$SCENARIO_TIMEOUT}" "${SCENARIO_RUN[@]}" || status=$?
  rm --recursive --force "$folder/initrd" "$folder/files"
  return "$status"
}

# boot_shell NAME SCENARIO: the same host for a person, on this terminal.
boot_shell() {
  boot_prepare "$1" "$2" shell
  rig_say "Ctrl-A X ends the virtual host"
  root_enter "${QEMU[@]}" -display none -serial mon:stdio
}

# boot_check_needs NAME SCENARIO: what the scenario would find missing, said before it starts.
boot_check_needs() {
  local lacks
  lacks=$(scenario_lacks "$1")
  [ -z "$lacks" ] || rig_die "scenario $2 needs $lacks, which kernel $1 does not have: take another kernel"
}

# Everything that has to be there before a boot; the QEMU command is then in QEMU.
boot_prepare() {
  local name=$1 scenario=$2 kind=${3:-run} folder file
  kernel_column "$name" 1 >/dev/null
  file=$(scenario_file "$scenario")
  scenario_load "$file"
  build_kernel "$name"
  boot_check_needs "$name" "$scenario"
  build_modules "$name" "$(dirname "$file")"
  [ "$SCENARIO_IN_KERNEL" = no ] || in_kernel_build "$name"
  [ "$SCENARIO_SELFTESTS" != yes ] || selftests_build "$name"
  [ "$SCENARIO_VIRTUALIZATION" != yes ] || build_guest "$name"
  folder=$(boot_path "$name" "$scenario")
  rm --recursive --force "$folder"
  mkdir --parents "$folder"
  initrd_make "$name" "$file" "$folder" "$kind"
  # An oops ends the host: what came after it would prove nothing. A busy machine may let
  # all of this stand still for half a minute: no lockup.
  machine_command \
    -bios /usr/share/qemu-efi-aarch64/QEMU_EFI.fd \
    -kernel "$(kernel_image "$name")" -initrd "$folder/initrd" \
    -append "console=ttyAMA0 watchdog_thresh=30 printk.devkmsg=on oops=panic panic=-1 $SCENARIO_PARAMETERS"
}
