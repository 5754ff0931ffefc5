#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make coverage: which lines and branches of tools/ and src/ the tests run. Tool, driver and unit
# tests are built so that they count; the driver runs on a kernel which can do that. Each source
# file is a test of its own: it has no line that nothing runs, but for those whose reason is in
# tests/coverage/reasons.list. The last line adds all up: "N passed, N failed".
#
# In the cache: coverage/ROOM.md       lines and branches of each file, and what is not covered
#               coverage/TESTS.json    what was counted in those tests, as gcov says it

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/rig/lib.sh"
# shellcheck source-path=SCRIPTDIR
. "$RIG_TOP/tests/parts.sh"

usage() {
  cat <<EOF
run-coverage.sh [--report] [--only src|tools]

  --report   of what was counted last; runs no test
  --only     that room
EOF
}

tests=yes
rooms=(tools src)
while [ "$#" -gt 0 ]; do
  case $1 in
    --help) usage && exit ;;
    --report) tests=no ;;
    --only)
      [[ ${2:-} =~ ^(src|tools)$ ]] || rig_die "--only needs src or tools: see $0 --help"
      rooms=("$2") && shift
      ;;
    *) rig_die "there is no option '$1': see $0 --help" ;;
  esac
  shift
done
rig_need_root
rig_need_cache
RIG_WORK=$(rig_work)/coverage
export RIG_WORK
mkdir --parents "$RIG_WORK"

kernel=built-coverage

# What hosts of that kernel have said they counted, as gcov reads it: beside what the compiler
# wrote of the same build.
read_hosts() {
  local report folder all=$RIG_WORK/counted
  rm --recursive --force "$all"
  for report in "$RIG_WORK/logs/$kernel"/*/report.tap; do
    folder=$all/$(basename "$(dirname "$report")")
    mkdir --parents "$folder"
    cp "$RIG_WORK/build/$kernel/src/build.gcno" "$folder"
    sed --quiet 's/^# gcov: //p' "$report" | base64 --decode >"$folder/build.gcda"
    [ -s "$folder/build.gcda" ] || rig_die "the host of $(dirname "$report") has not said what it counted"
  done
  "$RIG_DIR/rig" run tests/coverage/read-gcov.sh "$all" aarch64-linux-gnu-gcov-14 >"$RIG_WORK/hosts.json"
}

count_tools() {
  "$RIG_DIR/rig" suite nova >/dev/null
  part coverage-tool "$RIG_DIR/rig" run tests/coverage/user-space.sh tool "$RIG_WORK"
}

count_src() {
  part coverage-unit "$RIG_DIR/rig" run tests/coverage/user-space.sh unit "$RIG_WORK"
  rm --recursive --force "$RIG_WORK/logs/$kernel"
  part coverage-hosts tests/run-matrix.sh --kernel "$kernel"
  read_hosts
}

# report ROOM NAME=FILE...
report() {
  local room=$1
  shift
  part "coverage-$room" "$RIG_DIR/rig" run tests/coverage/report.py "$RIG_TOP" "$room" tests/coverage/reasons.list "$RIG_WORK/$room.md" "$@"
  rig_say "$RIG_WORK/$room.md has what was covered"
}

cd "$RIG_TOP"
for room in "${rooms[@]}"; do
  [ "$tests" = no ] || "count_$room"
  case $room in
    tools) report tools "tests of the tool=$RIG_WORK/tool.json" ;;
    src) report src "unit tests=$RIG_WORK/unit.json" "virtual hosts=$RIG_WORK/hosts.json" ;;
  esac
done
parts_done
