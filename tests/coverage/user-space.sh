#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# user-space.sh unit|tool FOLDER: the unit tests, or the tests of the tool, built so that they
# count what runs; that is in FOLDER then, in unit.json or tool.json (see read-gcov.sh). Prints TAP,
# and at the end "N passed, N failed". Runs inside the rig's root.

set -euo pipefail

tests=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source-path=SCRIPTDIR/..
. "$tests/sections.sh"

build=$(mktemp --directory)
trap 'rm --recursive --force "$build"' EXIT
status=0

case $1 in
  unit)
    make --silent --directory="$tests/unit" --jobs="$(nproc)" OUT="$build" CFLAGS='-O0 -g' \
      sanitize='--coverage -fprofile-update=atomic'
    for program in $(make --silent --directory="$tests/unit" list); do
      section "unit $program" env CMOCKA_MESSAGE_OUTPUT=TAP "$build/$program"
    done
    sections_done || status=$?
    ;;
  tool) COVERAGE=$build "$tests/tool/check.sh" || status=$? ;;
esac
"$tests/coverage/read-gcov.sh" "$build" >"$2/$1.json"
exit "$status"
