#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make test: the quick checks and the tests of the tool, inside the rig's root where all
# their tools are, what bad input gets from the rig, packages and repositories, shapes of
# other kernels, the matrix of virtual hosts, and packages on real systems. The last line
# adds them up: "N passed, N failed".

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/rig/lib.sh"
# shellcheck source-path=SCRIPTDIR/rig
. "$RIG_DIR/kernel.sh"

rig_need_root
rig_need_cache

passed=0
failed=0

# part NAME COMMAND...: shows what it prints but its last line, whose counts are added.
part() {
  local name=$1 start=$SECONDS status=0 log counts
  shift
  log=$RIG_CACHE/logs/$name.log
  printf '== %s\n' "$name"
  "$@" </dev/null | tee "$log" | part_progress || status=$?
  counts=$(tail --lines=1 "$log")
  if [[ $counts =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
    passed=$((passed + BASH_REMATCH[1]))
    failed=$((failed + BASH_REMATCH[2]))
    # An exit status that contradicts the counts is a failure too.
    [ "$status" -eq 0 ] || [ "${BASH_REMATCH[2]}" -gt 0 ] || failed=$((failed + 1))
  else
    counts="ended with status $status and without a result; see $log"
    failed=$((failed + 1))
  fi
  printf '== %s: %s (%d s)\n' "$name" "$counts" $((SECONDS - start))
}

# Tests that passed are in the log only.
part_progress() {
  grep --line-buffered --invert-match --extended-regexp '^(ok |1\.\.|[0-9]+ passed, [0-9]+ failed$)' || true
}

# Beside parts that leave a core idle; the last of the list first, which is built and
# takes longest. What cannot be had is missed where it is needed.
fetch_kernels() {
  local name
  for name in $(kernel_names yes | tac); do
    setpriv --pdeathsig TERM "$RIG_DIR/rig" kernel "$name" >/dev/null || true
  done
}

"$RIG_DIR/rig" sources >/dev/null
fetch_kernels &
part check "$RIG_DIR/rig" run tests/check.sh
part tool "$RIG_DIR/rig" run tests/tool/check.sh
part rig-errors "$RIG_TOP/tests/rig-errors.sh"
part packages "$RIG_TOP/tests/run-packages-native.sh"
# What the driver was built for: a yes or no for each kernel and feature.
features() {
  local name
  for name in $(kernel_names yes); do
    "$RIG_DIR/rig" features "$name" >"$RIG_CACHE/logs/features-$name.log"
    printf 'features of %s: %s\n' "$name" \
      "$(awk '{ printf "%s%s=%s", sep, $1, $2; sep = " " }' "$RIG_CACHE/logs/features-$name.log")"
  done
}

wait
features
# Making a system takes one core; what cannot be made is missed where it is needed.
setpriv --pdeathsig TERM "$RIG_TOP/tests/run-systems.sh" --make >/dev/null &
part shapes "$RIG_TOP/tests/run-shapes.sh"
part matrix "$RIG_TOP/tests/run-matrix.sh" "$@"
wait
part systems "$RIG_TOP/tests/run-systems.sh"
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
