#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make bench-record: what `make bench` measured last becomes docs/bench.md, and its
# headline the table between the two marks in the README.

set -euo pipefail

cd "$(dirname "$0")/../.."
results=${RIG_WORK:-${RIG_CACHE:-.cache}}/bench

fail() {
  printf 'bench: error: %s\n' "$*" >&2
  exit 1
}

[ -f "$results/headline.md" ] || fail "nothing was measured yet: run 'sudo make bench'"

readme=$(mktemp)
trap 'rm "$readme"' EXIT
awk -v table="$results/headline.md" '
  /^<!-- bench: / { print; while ((getline line <table) > 0) print line; inside = found = 1; next }
  /^<!-- bench end -->/ { inside = 0; ended = 1 }
  !inside
  END { exit !(found && ended) }' README.md >"$readme" || fail "the README has no marks where the table belongs"
cat "$readme" >README.md
cat "$results/bench.md" >docs/bench.md
