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

missing=0
lacks() {
  printf 'check: error: %s\n' "$*" >&2
  missing=1
}

need_tool() {
  command -v "$1" >/dev/null || lacks "$1 is missing: install the package $2"
}

# need_build WHAT PACKAGES COMPILER OPTION...: the C program on stdin builds.
need_build() {
  local what=$1 packages=$2
  shift 2
  "$@" -x c - -o "$scratch/probe" 2>/dev/null || lacks "$what is missing: install the packages $packages"
}

need_tools() {
  need_tool make make
  need_tool gcc gcc
  need_tool clang clang
  need_tool shellcheck shellcheck
  need_tool perl perl
  [ -r "$CHECKPATCH" ] ||
    lacks "there is no $CHECKPATCH: get it with 'sudo tests/rig/rig sources', or set CHECKPATCH to the one in a kernel's source"
  [ "$missing" -eq 0 ] || exit 1

  need_build "cmocka, or the sanitizers of gcc," "libcmocka-dev and libc6-dev" \
    gcc -fsanitize=address,undefined -include setjmp.h -include stdarg.h -include stddef.h -include stdint.h \
    -lcmocka <<<$'#include <cmocka.h>\nint main(void) { return 0; }'
  need_build "libFuzzer" "libclang-rt-dev and libc6-dev" \
    clang -fsanitize=fuzzer,address,undefined \
    <<<'int LLVMFuzzerTestOneInput(const char *data, unsigned long size) { return !data && size; }'
  [ "$missing" -eq 0 ] || exit 1
}

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

need_tools
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
