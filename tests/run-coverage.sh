#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make coverage: which lines and branches of tools/ the tests run. The tool is built so that it
# counts. Each source file is a test of its own: it has no line that nothing runs, but for those
# whose reason is in tests/coverage/reasons.list. The last line adds all up: "N passed, N failed".
#
# In the cache: coverage/report.md    lines and branches of each file, and what is not covered
#               coverage/tool.json    what was counted, as gcov says it

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/rig/lib.sh"
# shellcheck source-path=SCRIPTDIR
. "$RIG_TOP/tests/parts.sh"

usage() {
  cat <<EOF
run-coverage.sh [--report]

  --report   of what was counted last; runs no test
EOF
}

tests=yes
while [ "$#" -gt 0 ]; do
  case $1 in
    --help) usage && exit ;;
    --report) tests=no ;;
    *) rig_die "there is no option '$1': see $0 --help" ;;
  esac
  shift
done
rig_need_root
rig_need_cache
RIG_WORK=$(rig_work)/coverage
export RIG_WORK
mkdir --parents "$RIG_WORK"

[ "$tests" = no ] || part coverage-tool "$RIG_DIR/rig" run tests/coverage/user-space.sh tool "$RIG_WORK"

report() {
  "$RIG_DIR/rig" run tests/coverage/report.py "$RIG_TOP" tools tests/coverage/reasons.list "$RIG_WORK/report.md" \
    "tests of the tool=$RIG_WORK/tool.json"
}
part coverage-report report
rig_say "$RIG_WORK/report.md has what was covered"
parts_done
