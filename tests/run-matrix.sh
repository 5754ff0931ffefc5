#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Boots every virtual host of the test matrix (kernels times scenarios) and says
# what came of it: a line for each, and "N passed, N failed" in the end. What
# failed is listed below its line, with the console log to look at.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/rig/lib.sh"
# shellcheck source-path=SCRIPTDIR/rig
. "$RIG_DIR/scenario.sh"
# shellcheck source-path=SCRIPTDIR/rig
. "$RIG_DIR/kernel.sh"
# shellcheck source-path=SCRIPTDIR/rig
. "$RIG_DIR/jobs.sh"

usage() {
  cat <<EOF
run-matrix.sh [--long] [--kernel NAME]... [--scenario NAME]... [--jobs N]

  --long           also what kernels.list keeps for make test-long
  --kernel NAME    only this kernel (default: those marked so in tests/rig/kernels.list)
  --scenario NAME  only this scenario, or file with a slash in its path (default: those that
                   kernels.list has for each kernel)
  --jobs N         virtual hosts at once (default: RIG_JOBS, else three for each core)

kernels:   $(kernel_names | paste --serial --delimiters=' ')
scenarios: $(scenario_names | paste --serial --delimiters=' ')
EOF
}

kernels=()
scenarios=()
# Programs that wait for a GPU take most of the time.
jobs=${RIG_JOBS:-$(jobs_default 3)}
matrix=yes
while [ "$#" -gt 0 ]; do
  case $1 in
    --help) usage && exit ;;
    --long) matrix=long && shift && continue ;;
    --kernel | --scenario | --jobs) [ "$#" -gt 1 ] || rig_die "$1 needs a value: see $0 --help" ;;
    *) rig_die "there is no option '$1': see $0 --help" ;;
  esac
  case $1 in
    --kernel) kernels+=("$2") ;;
    --scenario) scenarios+=("$2") ;;
    --jobs) jobs=$2 ;;
  esac
  shift 2
done
jobs_begin "$jobs"
only=no
[ "${#kernels[@]}" -eq 0 ] || [ "${#scenarios[@]}" -eq 0 ] || only=yes
# Whose driver would be chosen there depends on no scenario.
choices=no
[ "${#scenarios[@]}" -gt 0 ] || choices=yes
[ "${#kernels[@]}" -gt 0 ] || mapfile -t kernels < <(kernel_names "$matrix")
[ "${#scenarios[@]}" -gt 0 ] || mapfile -t scenarios < <(scenario_names)

# wanted KERNEL SCENARIO: what was asked for by both names is, whatever kernels.list says,
# and a file of one's own on each kernel.
wanted() {
  [ "$only" = yes ] || [[ $2 == */* ]] || grep --quiet --line-regexp --fixed-strings "$2" <<<"$(kernel_scenarios "$1" "$matrix")"
}

for kernel in "${kernels[@]}"; do
  kernel_scenarios "$kernel" "$matrix" >/dev/null
done
for scenario in "${scenarios[@]}"; do
  scenario_file "$scenario" >/dev/null
done
rig_need_root
rig_need_cache

any_wanted() {
  local scenario
  for scenario in "${scenarios[@]}"; do
    ! wanted "$1" "$scenario" || return 0
  done
  return 1
}

# Built one after the other, so that boots do not wait for each other's builds. A
# kernel that cannot be had or built for is one failure; the others still run.
built=()
for kernel in "${kernels[@]}"; do
  any_wanted "$kernel" || continue
  if setpriv --pdeathsig TERM "$RIG_DIR/results.sh" "$kernel" build "$RIG_DIR/rig" build "$kernel" >/dev/null; then
    built+=("$kernel")
  else
    jobs_fail "$kernel: no virtual host"
  fi
done

# lacks KERNEL SCENARIO: the options that the scenario needs and the kernel does not have.
lacks() {
  local file
  file=$(scenario_file "$2")
  scenario_load "$file"
  scenario_lacks "$1"
}

# A scenario that was asked for by both names says itself what it needs, and fails; so does
# one whose file is wrong.
declare -A left_out=()
for kernel in "${built[@]}"; do
  [ "$only" = no ] || break
  without=
  for scenario in "${scenarios[@]}"; do
    wanted "$kernel" "$scenario" || continue
    missing=$(lacks "$kernel" "$scenario" 2>/dev/null) || continue
    [ -n "$missing" ] || continue
    left_out[$kernel $scenario]=yes
    without+="${without:+, }$(basename "$scenario" .conf) (needs $missing)"
  done
  [ -z "$without" ] || printf '%s %s: left out %s\n' "$kernel" "$(kernel_release "$kernel")" "$without"
done

for kernel in "${built[@]}"; do
  [ "$choices" = yes ] || break
  jobs_run "$kernel $(kernel_release "$kernel") driver chosen" tests/packages/chosen.sh \
    "$RIG_DIR/rig" run tests/packages/chosen.sh "$kernel"
done
for scenario in "${scenarios[@]}"; do
  for kernel in "${built[@]}"; do
    wanted "$kernel" "$scenario" || continue
    [ -z "${left_out[$kernel $scenario]:-}" ] || continue
    label=$(basename "$scenario" .conf)
    jobs_run "$kernel $(kernel_release "$kernel") $label" "$(rig_work)/logs/$kernel/$label/console.log" \
      "$RIG_DIR/results.sh" "$kernel" "$scenario" "$RIG_DIR/rig" boot "$kernel" "$scenario"
  done
done
jobs_end
