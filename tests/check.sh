#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make check: everything that needs neither root nor a virtual host, in seconds.
# Unit tests (all of tests/unit, be it C or shell), a short run of each fuzz
# target, and the shape of the tree. Prints TAP, and at the end "N passed, N failed".
#
# Variables: CHECKPATCH     checkpatch.pl, if not the one that the rig has fetched
#            FUZZ_SECONDS   how long to run each fuzz target (5)

set -euo pipefail

tests=$(cd "$(dirname "$0")" && pwd)
: "${RIG_CACHE:=$tests/../.cache}"
: "${CHECKPATCH:=$RIG_CACHE/sources/tree/scripts/checkpatch.pl}"
: "${FUZZ_SECONDS:=5}"
export CHECKPATCH

# shellcheck source-path=SCRIPTDIR
. "$tests/sections.sh"

scratch=$(mktemp --directory)
trap 'rm --recursive --force "$scratch"' EXIT

unit_tests() {
  local program
  if ! make --silent --directory="$tests/unit" --jobs="$(nproc)" OUT="$scratch/unit" >"$scratch/log" 2>&1; then
    fail "unit: the tests can be built"
    sed 's/^/#   /' "$scratch/log"
    return
  fi
  for program in $(make --silent --directory="$tests/unit" list); do
    section "unit $program" env CMOCKA_MESSAGE_OUTPUT=TAP "$scratch/unit/$program"
  done
}

# Runs in this shell, whose child it waits for.
fuzz_result() {
  local status=0
  wait "$fuzz" || status=$?
  cat "$scratch/fuzz.tap"
  return "$status"
}

"$tests/../scripts/needs.sh" check
CHECKPATCH=$(realpath "$CHECKPATCH")

# It only takes time: beside the rest.
"$tests/fuzz/check.sh" "$FUZZ_SECONDS" "$scratch/fuzz" >"$scratch/fuzz.tap" 2>&1 &
fuzz=$!

unit_tests
for script in "$tests"/unit/*.sh; do
  section "unit $(basename "$script" .sh)" "$script"
done
section style "$tests/style.sh"
section fuzz fuzz_result

sections_done
