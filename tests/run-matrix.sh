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

usage() {
  cat <<EOF
run-matrix.sh [--kernel NAME]... [--scenario NAME]... [--jobs N]

  --kernel NAME    only this kernel (default: those marked so in tests/rig/kernels.list)
  --scenario NAME  only this scenario (default: all in tests/scenarios)
  --jobs N         virtual hosts at once (default: RIG_JOBS, else the number of cores)

kernels:   $(kernel_names | paste --serial --delimiters=' ')
scenarios: $(scenario_names | paste --serial --delimiters=' ')
EOF
}

kernels=()
scenarios=()
jobs=${RIG_JOBS:-$(nproc)}
while [ "$#" -gt 0 ]; do
  case $1 in
    --help) usage && exit ;;
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
[[ $jobs =~ ^[1-9][0-9]*$ ]] || rig_die "the number of virtual hosts at once has to be 1 or more, not '$jobs'"
[ "${#kernels[@]}" -gt 0 ] || mapfile -t kernels < <(kernel_names yes)
[ "${#scenarios[@]}" -gt 0 ] || mapfile -t scenarios < <(scenario_names)
for kernel in "${kernels[@]}"; do
  kernel_column "$kernel" 1 >/dev/null
done
for scenario in "${scenarios[@]}"; do
  scenario_file "$scenario" >/dev/null
done
rig_need_root
rig_need_cache

results=$(mktemp --directory)
trap 'rm --recursive --force "$results"' EXIT
passed=0
failed=0

# run_host KERNEL SCENARIO: in the background; the lines for the user go out at once
# in the end, the counts into a file.
run_host() {
  local kernel=$1 scenario=$2 result=$results/$1.$2 start=$SECONDS counts lines
  # Goes down with this script, whatever ends that.
  setpriv --pdeathsig TERM "$RIG_DIR/rig" boot "$kernel" "$scenario" >"$result.out" 2>"$result.err" </dev/null || true
  counts=$(tail --lines=1 "$result.out")
  if ! [[ $counts =~ ^[0-9]+\ passed,\ [0-9]+\ failed$ ]]; then
    counts='0 passed, 1 failed'
    printf 'not ok - %s\n' "$(tail --lines=1 "$result.err")" >>"$result.out"
  fi
  lines="$kernel $(kernel_release "$kernel" 2>/dev/null) $scenario: $counts ($((SECONDS - start)) s)"
  if [[ $counts != *' 0 failed' ]]; then
    # The judge's lines have no number; a program's own line is repeated in them.
    lines+=$'\n'$(sed --quiet 's/^not ok - /    not ok - /p' "$result.out")
    lines+=$'\n'"    see $RIG_CACHE/logs/$kernel/$scenario/console.log"
  fi
  printf '%s\n' "$lines"
  printf '%s\n' "$counts" >"$result"
}

# Built one after the other, so that boots do not wait for each other's builds. A
# kernel that cannot be had or built for is one failure; the others still run.
built=()
for kernel in "${kernels[@]}"; do
  if setpriv --pdeathsig TERM "$RIG_DIR/rig" build "$kernel" >/dev/null; then
    built+=("$kernel")
  else
    printf '%s: no virtual host: 0 passed, 1 failed\n' "$kernel"
    failed=$((failed + 1))
  fi
done

running=0
for scenario in "${scenarios[@]}"; do
  for kernel in "${built[@]}"; do
    if [ "$running" -ge "$jobs" ]; then
      wait -n
      running=$((running - 1))
    fi
    run_host "$kernel" "$scenario" &
    running=$((running + 1))
  done
done
wait

for scenario in "${scenarios[@]}"; do
  for kernel in "${built[@]}"; do
    read -r host_passed _ host_failed _ <"$results/$kernel.$scenario"
    passed=$((passed + host_passed))
    failed=$((failed + host_failed))
  done
done
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
