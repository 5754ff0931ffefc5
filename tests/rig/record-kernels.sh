#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make kernels-record: what the matrix found last, kernel by kernel, goes into
# docs/kernels-tried.tsv, and all that is there becomes the table in docs/kernels.md.
# What was not run again stays as it is there.

set -euo pipefail

tables=$(cd "$(dirname "$0")" && pwd)
cd "$tables/../.."
results=${RIG_CACHE:-.cache}/results
tried=docs/kernels-tried.tsv
page=docs/kernels.md

fail() {
  printf 'kernels: error: %s\n' "$*" >&2
  exit 1
}

scratch=$(mktemp --directory)
trap 'rm --recursive "$scratch"' EXIT

# A result's kernel is its file's name.
for file in "$results"/*; do
  [ -f "$file" ] || continue
  sed "s/^/${file##*/}\t/" "$file"
done >"$scratch/new"
[ -s "$scratch/new" ] || fail "nothing was run yet: run 'sudo tests/run-matrix.sh'"

sed '/^#/!d' "$tried" >"$scratch/tried"
sed '/^#/d' "$tried" | cat - "$scratch/new" | awk -f "$tables/merge-results.awk" |
  LC_ALL=C sort --field-separator=$'\t' --key=3,3V --key=1,1 --key=6,6 >>"$scratch/tried"
awk -f "$tables/kernels-table.awk" "$scratch/tried" >"$scratch/table"
awk -v table="$scratch/table" '
  /^<!-- tried: / { print; while ((getline line <table) > 0) print line; inside = found = 1; next }
  /^<!-- tried end -->/ { inside = 0; ended = 1 }
  !inside
  END { exit !(found && ended) }' "$page" >"$scratch/page" || fail "$page has no marks where the table belongs"
cat "$scratch/page" >"$page"
cat "$scratch/tried" >"$tried"
