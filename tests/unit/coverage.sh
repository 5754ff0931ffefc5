#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Tests of what judges coverage: of a made up source, and of what gcov would say of it. Prints
# TAP. Part of make check.

# shellcheck disable=SC2016 # backticks are for the report

set -euo pipefail

cd "$(dirname "$0")/.."
# shellcheck source-path=SCRIPTDIR/..
. tap.sh

scratch=$(mktemp --directory)
trap 'rm --recursive --force "$scratch"' EXIT

mkdir --parents "$scratch/src" "$scratch/tools"
cat >"$scratch/src/door.c" <<'EOF'
static int open_door(struct door *door)
{
	if (door->locked) {
		complain(door);
		return -EPERM;
	}
	door->open = true;
	if (!door->light)
		return -ENOENT;
	return 0;
}

static void close_door(struct door *door)
{
	slam(door);
}
EOF
touch "$scratch/src/door.h"

# counted OPEN LOCKED DARK CLOSE: how often the functions and the cases ran, in one line.
counted() {
  printf '{"current_working_directory": "/elsewhere/src", "files": [{"file": "door.c", "functions": ['
  printf '{"demangled_name": "open_door", "start_line": 1, "end_line": 11, "execution_count": %d}, ' "$1"
  printf '{"demangled_name": "close_door", "start_line": 13, "end_line": 16, "execution_count": %d}], "lines": [' "$4"
  line 1 "$1" && line 3 "$1" "$2" $(($1 - $2)) && line 4 "$2" && line 5 "$2" && line 7 $(($1 - $2))
  line 8 $(($1 - $2)) "$3" $(($1 - $2 - $3)) && line 9 "$3" && line 10 $(($1 - $2 - $3)) && line 13 "$4"
  printf '{"line_number": 15, "count": %d, "branches": []}]}, {"file": "stdio.h", "functions": [], "lines": []}]}\n' "$4"
}
line() {
  local branches=()
  [ "$#" -eq 2 ] || branches=("{\"count\": $3}," "{\"count\": $4}")
  printf '{"line_number": %d, "count": %d, "branches": [%s]}, ' "$1" "$2" "${branches[*]}"
}

counted 3 0 0 0 >"$scratch/unit"
counted 5 0 2 1 >"$scratch/hosts"
counted 5 1 2 1 >"$scratch/all"

# judge STATUS COUNTS REASONS NAME=FILE...
judge() {
  local wanted=$1 counts=$2 status=0
  printf '%b' "$3" >"$scratch/reasons"
  shift 3
  coverage/report.py "$scratch" src "$scratch/reasons" "$scratch/report.md" "$@" >"$scratch/out" 2>&1 || status=$?
  cat "$scratch/out" "$scratch/report.md"
  [ "$status" -eq "$wanted" ] && [ "$(tail --lines=1 "$scratch/out")" = "$counts" ]
}
# has TEXT: in the report.
has() { grep --fixed-strings --line-regexp -e "$1" "$scratch/report.md"; }
# told TEXT: as the reason of a failure.
told() { grep --fixed-strings --line-regexp -e "$1" "$scratch/out"; }

hosts=hosts=$scratch/hosts unit=unit=$scratch/unit all=all=$scratch/all
locked='src/door.c complain( => no door is locked in tests\n'

complete() { judge 0 '1 passed, 0 failed' '' "$all" && has '| src/door.c | 10 | 100.0 % | 100.0 % | 4 | 100.0 % |' && has 'None.'; }
tap_check "all lines run: no reason is needed" complete
no_reason() { judge 1 '0 passed, 1 failed' '' "$unit" "$hosts" && told '#   4: complain(door);' && told '#   5: return -EPERM;' && has '| 4-5 | `complain(door);` | **no reason** |'; }
tap_check "a line that nothing runs fails" no_reason
each_kind() { no_reason && has '| src/door.c | 10 | 80.0 % | 50.0 % | 80.0 % | 4 | 75.0 % |' && has '* src/door.c: 3'; }
tap_check "what each kind of tests runs is told, and where a branch is never taken" each_kind
reason() { judge 0 '2 passed, 0 failed' "# why\n$locked" "$unit" "$hosts" && has '| 4-5 | `complain(door);` | no door is locked in tests |'; }
tap_check "a reason is for the lines behind it, too" reason
one_case() { judge 1 '1 passed, 1 failed' "$locked" "$unit" && told '#   9: return -ENOENT;' && told '#   15: slam(door);'; }
tap_check "but not for those behind a line that runs" one_case
folder() { judge 0 '2 passed, 0 failed' "${locked/door.c/}" "$hosts"; }
tap_check "a reason can be for a folder" folder
whole_function() { judge 0 '4 passed, 0 failed' "${locked}src/door.c -ENOENT => there is light\nsrc/door.c close_door() => no door is closed\n" "$unit"; }
tap_check "a reason can be for a function that never runs" whole_function
part_of_function() { judge 1 '0 passed, 2 failed' 'src/door.c open_door() => not opened\n' "$hosts"; }
tap_check "and not for one that does" part_of_function
stale() { judge 1 '1 passed, 1 failed' "$locked" "$all" && told '#   no uncovered line has that text: complain('; }
tap_check "a reason fails once its line runs" stale
gone() { judge 1 '1 passed, 1 failed' 'src/window.c break( => no window breaks\n' "$all"; }
tap_check "a reason fails whose file is gone" gone
not_compiled() { touch "$scratch/src/gate.c"; judge 1 '1 passed, 1 failed' '' "$all" && told '#   it is not compiled here, and there is no reason'; }
tap_check "a file that is not compiled fails" not_compiled
whole_file() { judge 0 '2 passed, 0 failed' 'src/gate.c (whole file) => for old houses\n' "$all" && has 'Not compiled here: for old houses'; }
tap_check "unless there is a reason for the whole file" whole_file
malformed() { ! judge 0 - 'src/door.c complain(\n' "$hosts" && told 'reasons.list:1: it is no line of the form FILE TEXT => REASON'; }
tap_check "a line without a reason is told" malformed

tap_done
