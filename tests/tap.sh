# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Test results from shell, as TAP: a line for each check, what a failed one printed
# below it, and how long a slow one took. Source this, call tap_check for each check, end with tap_done.

tap_count=0
tap_failures=0

# tap_check NAME COMMAND...: it passes if COMMAND does. In a function called this
# way "set -e" has no effect: it has to return its failures itself.
tap_check() {
  local name=$1 output status=0 start=$SECONDS
  shift
  output=$("$@" 2>&1) || status=$?
  tap_count=$((tap_count + 1))
  [ $((SECONDS - start)) -lt 10 ] || printf '# %d s:\n' $((SECONDS - start))
  if [ "$status" -eq 0 ]; then
    printf 'ok %d - %s\n' "$tap_count" "$name"
    return
  fi
  tap_failures=$((tap_failures + 1))
  printf 'not ok %d - %s\n' "$tap_count" "$name"
  printf '%s\n' "$output" | tail --lines=60 | sed 's/^/#   /'
}

# The plan, and the exit status of the whole.
tap_done() {
  printf '1..%d\n' "$tap_count"
  [ "$tap_failures" -eq 0 ]
}
