# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What is asked of a host that is broken: no guest starts, doctor's first problem is why,
# the commands that it prints, run as they are printed, mend it. Source guests.sh first.
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
