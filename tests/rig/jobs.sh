# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Virtual hosts several at once: a line for each with its counts, what failed below
# it, and the sum of all. Source lib.sh first.

JOBS_RUNNING=0
JOBS_PASSED=0
JOBS_FAILED=0

# jobs_default PER-CORE: how many are quickest here, and have room in memory. A host
# takes about a GiB.
jobs_default() {
  local jobs memory
  jobs=$(($1 * $(nproc)))
  memory=$(awk '$1 == "MemAvailable:" { print int($2 / 1280 / 1024) }' /proc/meminfo)
  [ "$jobs" -le "$memory" ] || jobs=$memory
  echo $((jobs > 0 ? jobs : 1))
}

# jobs_begin NUMBER: how many at once.
jobs_begin() {
  JOBS=$1
  [[ $JOBS =~ ^[1-9][0-9]*$ ]] || rig_die "the number of virtual hosts at once has to be 1 or more, not '$JOBS'"
  JOBS_RESULTS=$(mktemp --directory)
  trap 'rm --recursive --force "$JOBS_RESULTS"' EXIT
}

# jobs_run LABEL LOG COMMAND...: in the background, as soon as there is room. The last line
# of the command is "N passed, N failed"; LOG is where to look if any failed.
jobs_run() {
  if [ "$JOBS_RUNNING" -ge "$JOBS" ]; then
    wait -n
    JOBS_RUNNING=$((JOBS_RUNNING - 1))
  fi
  jobs_one "$@" &
  JOBS_RUNNING=$((JOBS_RUNNING + 1))
}

# The lines for the user go out at once in the end, the counts into a file.
jobs_one() {
  local label=$1 log=$2 result start=$SECONDS counts lines
  shift 2
  result=$(mktemp "$JOBS_RESULTS/XXXXXX")
  # Counts as it is until there is more to tell.
  echo '0 passed, 1 failed' >"$result.counts"
  # Goes down with this script, whatever ends that.
  setpriv --pdeathsig TERM "$@" >"$result.out" 2>"$result.err" </dev/null || true
  counts=$(tail --lines=1 "$result.out")
  if ! [[ $counts =~ ^[0-9]+\ passed,\ [0-9]+\ failed$ ]]; then
    counts='0 passed, 1 failed'
    printf 'not ok - %s\n' "$(tail --lines=1 "$result.err")" >>"$result.out"
  fi
  lines="$label: $counts ($((SECONDS - start)) s)"
  if [[ $counts != *' 0 failed' ]]; then
    # The judge's lines have no number; a program's own line is repeated in them.
    lines+=$'\n'$(sed --quiet 's/^not ok - /    not ok - /p' "$result.out")
    lines+=$'\n'"    see $log"
  fi
  printf '%s\n' "$lines"
  printf '%s\n' "$counts" >"$result.counts"
}

# jobs_fail LABEL: what could not even be started.
jobs_fail() {
  printf '%s: 0 passed, 1 failed\n' "$1"
  JOBS_FAILED=$((JOBS_FAILED + 1))
}

# jobs_end: waits for all, prints "N passed, N failed". Fails unless all passed.
jobs_end() {
  local file passed failed
  wait
  for file in "$JOBS_RESULTS"/*.counts; do
    [ -e "$file" ] || continue
    read -r passed _ failed _ <"$file"
    JOBS_PASSED=$((JOBS_PASSED + passed))
    JOBS_FAILED=$((JOBS_FAILED + failed))
  done
  printf '%d passed, %d failed\n' "$JOBS_PASSED" "$JOBS_FAILED"
  [ "$JOBS_FAILED" -eq 0 ] && [ "$JOBS_PASSED" -gt 0 ]
}
