# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Judges what a virtual host reported: every program of the scenario must have
# run, kept its plan, passed all its tests and ended well, and the host too.
# Source lib.sh and scenario.sh first.

# judge_report REPORT PROGRAM-LINE...: a "not ok" line for everything wrong, then
# "N passed, N failed". Fails unless all passed.
judge_report() {
  local report=$1
  shift
  printf '%s\n' "$@" | awk -f "$RIG_DIR/judge.awk" - "$report"
}
