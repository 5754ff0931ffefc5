# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Several test programs as one, which prints TAP and at the end "N passed, N failed".
# Source this, call section for each program, end with sections_done.

passed=0
failed=0

pass() {
  passed=$((passed + 1))
  printf 'ok %d - %s\n' $((passed + failed)) "$1"
}

fail() {
  failed=$((failed + 1))
  printf 'not ok %d - %s\n' $((passed + failed)) "$1"
}

# section NAME COMMAND...: a program's TAP becomes part of ours. It has to keep
# its plan, and to end as its tests did; a test with a directive (it was skipped,
# it is expected to fail) is a failed one.
section() {
  local name=$1 status=0 plan=none ran=0 bad=0 line output
  shift
  # Not by command substitution: the command may have to wait for a child of this shell.
  output=$(mktemp)
  "$@" </dev/null >"$output" 2>&1 || status=$?
  while IFS= read -r line; do
    case $line in
      "ok "*" # "* | "not ok "*)
        fail "$name: ${line#* - }"
        ran=$((ran + 1)) bad=$((bad + 1))
        ;;
      "ok "*)
        pass "$name: ${line#* - }"
        ran=$((ran + 1))
        ;;
      1..*) plan=${line#1..} ;;
      "TAP version "* | "# ok - "*) ;;
      *) printf '# %s\n' "${line#\# }" ;;
    esac
  done <"$output"
  rm "$output"
  if [ "$ran" != "$plan" ] || { [ "$status" -eq 0 ] && [ "$bad" -ne 0 ]; } || { [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; }; then
    fail "$name: ran $ran of its $plan tests and ended with status $status"
  fi
}

sections_done() {
  printf '1..%d\n' $((passed + failed))
  printf '%d passed, %d failed\n' "$passed" "$failed"
  [ "$failed" -eq 0 ]
}
