# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Runners one after the other, each of which ends with "N passed, N failed"; and so does
# the whole. Source lib.sh first, then this; call part for each, end with parts_done.

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

parts_done() {
  printf '%d passed, %d failed\n' "$passed" "$failed"
  [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}
