#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs the tests of real systems (tests/systems): a line for each test in each system
# it is for, and "N passed, N failed" in the end. What failed is listed below its
# line, with the folder of the logs: those of each boot, and all TAP in test.tap.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/rig/lib.sh"
for part in kernel system system-test jobs; do
  # shellcheck source=/dev/null
  . "$RIG_DIR/$part.sh"
done

usage() {
  cat <<EOF
run-systems.sh [--long] [--make] [--system NAME]... [--test NAME]... [--jobs N]

  --long         also what is kept for make test-long
  --make         only make the systems, run nothing
  --system NAME  only this system (default: all of tests/rig/systems.list)
  --test NAME    only this test (default: all of tests/systems)
  --jobs N       tests at once (default: RIG_JOBS, else one for each core)

systems: $(system_names | paste --serial --delimiters=' ')
tests:   $(system_test_names | paste --serial --delimiters=' ')
EOF
}

systems=()
tests=()
jobs=${RIG_JOBS:-$(jobs_default 1)}
speed=quick
only_make=no
while [ "$#" -gt 0 ]; do
  case $1 in
    --help) usage && exit ;;
    --long) speed=long && shift && continue ;;
    --make) only_make=yes && shift && continue ;;
    --system | --test | --jobs) [ "$#" -gt 1 ] || rig_die "$1 needs a value: see $0 --help" ;;
    *) rig_die "there is no option '$1': see $0 --help" ;;
  esac
  case $1 in
    --system) systems+=("$2") ;;
    --test) tests+=("$2") ;;
    --jobs) jobs=$2 ;;
  esac
  shift 2
done
jobs_begin "$jobs"
# Two emulated CPUs mostly wait for each other where they do not have a core each.
[ "$jobs" -eq 1 ] || export RIG_SMP="${RIG_SMP:-1}"
# What is asked for by name is, and not only where it is quick.
[ "${#systems[@]}" -eq 0 ] && [ "${#tests[@]}" -eq 0 ] || speed=long
[ "${#systems[@]}" -gt 0 ] || mapfile -t systems < <(system_names)
[ "${#tests[@]}" -gt 0 ] || mapfile -t tests < <(system_test_names)
for system in "${systems[@]}"; do
  system_column "$system" 1 >/dev/null
done
for test in "${tests[@]}"; do
  system_test_file "$test" >/dev/null
done
rig_need_root
rig_need_cache

# runs_in TEST SYSTEM
runs_in() {
  grep --quiet --line-regexp "$2" <<<"$(system_test_systems "$1" "$speed")"
}

needed=()
for system in "${systems[@]}"; do
  for test in "${tests[@]}"; do
    runs_in "$test" "$system" || continue
    needed+=("$system")
    break
  done
done

# What tests would wait for, before they start. All systems at once: making one is
# mostly work for one core. One that cannot be made is one failure; the others still run.
declare -A making=()
for system in "${needed[@]}"; do
  "$RIG_DIR/rig" kernel "$(system_kernel "$system")" >/dev/null || continue
  setpriv --pdeathsig TERM "$RIG_DIR/rig" system "$system" >/dev/null &
  making[$system]=$!
done
made=()
for system in "${needed[@]}"; do
  if [ -n "${making[$system]:-}" ] && wait "${making[$system]}"; then
    made+=("$system")
  else
    jobs_fail "$system: no system"
  fi
done

[ "$only_make" = no ] || exit 0
for test in "${tests[@]}"; do
  for system in "${made[@]}"; do
    runs_in "$test" "$system" || continue
    jobs_run "$system $test" "$(rig_work)/logs/systems/$system/$test" "$RIG_DIR/rig" system-test "$system" "$test"
  done
done
jobs_end
