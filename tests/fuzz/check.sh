#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# check.sh SECONDS OUT: builds the fuzz targets in the folder OUT and runs each
# for so long, all at once. Prints TAP.

set -euo pipefail

seconds=$1 out=$2
folder=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR
. "$folder/../tap.sh"

mkdir --parents "$out"
targets=$(make --silent --directory="$folder" list)

run() {
  local status=0
  make --silent --directory="$folder" "run-$1" SECONDS="$seconds" OUT="$out" >"$out/$1.log" 2>&1 || status=$?
  echo "$status" >"$out/$1.status"
}

# A run of nothing is no success.
found_nothing() {
  # Not libFuzzer's progress.
  grep --invert-match '^#[0-9]' "$out/$1.log" || true
  [ "$(cat "$out/$1.status")" -eq 0 ] &&
    grep --quiet '^stat::number_of_executed_units: *[1-9]' "$out/$1.log"
}

for target in $targets; do
  run "$target" &
done
wait
for target in $targets; do
  tap_check "$target for $seconds s" found_nothing "$target"
done

tap_done
