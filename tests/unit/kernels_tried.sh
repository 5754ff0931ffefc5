#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Tests of how results of the matrix are kept, and of what makes a table of them. Prints
# TAP. Part of make check.

set -euo pipefail

cd "$(dirname "$0")/.."
# shellcheck source-path=SCRIPTDIR/..
. tap.sh

scratch=$(mktemp --directory)
trap 'rm --recursive --force "$scratch"' EXIT
export RIG_CACHE=$scratch/cache
unset RIG_WORK
results=$RIG_CACHE/results
today=$(date --utc +%Y-%m-%d)

# --- what is kept of a run

# kernel NAME RELEASE OPTION...: one that is in the cache, and a driver that was built for it.
kernel() {
  local tree=$RIG_CACHE/kernels/$1/tree option
  mkdir --parents "$tree/usr/src/linux-headers-$2/include/generated" "$RIG_CACHE/build/$1/src" "$RIG_CACHE/locks"
  echo "#define UTS_RELEASE \"$2\"" >"$tree/usr/src/linux-headers-$2/include/generated/utsrelease.h"
  echo "$2" >"$tree/.rig-release"
  for option in "${@:3}"; do
    echo "CONFIG_$option=y"
  done >"$tree/usr/src/linux-headers-$2/.config"
  printf '%s\n' 'VFIO_PCI_OPS yes' 'VFIO_DEVICE_INODE yes' 'VFIO_PCI_VMA_LIST no' >"$RIG_CACHE/build/$1/src/features.txt"
}

# run SCENARIO STATUS OUTPUT...: a command that prints that and ends so.
run() {
  local status=0
  # shellcheck disable=SC2016 # that shell's own
  rig/results.sh new "$1" sh -c 'status=$1; shift; printf "%s\n" "$@"; exit $status' sh "$2" "${@:3}" >"$scratch/out" || status=$?
  diff <(printf '%s\n' "${@:3}") "$scratch/out" && [ "$status" -eq "$2" ]
}

# kept LINE...: without the date; nothing else.
kept() {
  diff <(printf "$today\t%s\n" "$@") <(sed 's/ /_/g' "$results/new")
}

keeps() {
  kernel new 7.1.5-arm64 ARM64_64K_PAGES ARCH_SUPPORTS_HUGE_PFNMAP
  run layouts 0 'ok 1 - a' '2 passed, 0 failed' && kept $'7.1.5-arm64\t64K\tzap=file_huge_dma-buf\tlayouts\t2\t0'
}
tap_check "a run's output goes through, its counts are kept, and what the kernel has" keeps
again() { run layouts 1 '1 passed, 1 failed' && kept $'7.1.5-arm64\t64K\tzap=file_huge_dma-buf\tlayouts\t1\t1'; }
tap_check "the next run of that scenario takes its place" again
broken() {
  local has=$'7.1.5-arm64\t64K\tzap=file_huge_dma-buf'
  run guest 1 'rig: broken' && run build 0 /path && kept "$has"$'\tlayouts\t1\t1' "$has"$'\tguest\t0\t1' "$has"$'\tbuild\t1\t0'
}
tap_check "a run without counts has failed, a build passes by its status" broken
foreign() { cp "$results/new" "$scratch/before" && run ./own.conf 0 '1 passed, 0 failed' && diff "$scratch/before" "$results/new"; }
tap_check "a scenario of one's own is not kept" foreign
next_release() { kernel new 7.1.6-arm64 ARM64_4K_PAGES && run layouts 0 '3 passed, 0 failed' && kept $'7.1.6-arm64\t4K\tzap=file_dma-buf\tlayouts\t3\t0'; }
tap_check "results of another release are gone" next_release
absent() { rm --recursive "$RIG_CACHE/kernels/new" && cp "$results/new" "$scratch/before" && run build 1 error && diff "$scratch/before" "$results/new"; }
tap_check "a kernel that could not be had is no result" absent

# --- the table

project=$scratch/project
mkdir --parents "$project/docs" "$project/tests/rig"
cp rig/record-kernels.sh rig/*.awk "$project/tests/rig"

# tried KERNEL DATE RELEASE SCENARIO PASSED FAILED
tried() {
  printf '%s\t%s\t%s\t4K\tzap=list rt\t%s\t%d\t%d\n' "$@"
}

# page: nothing was run, but a kernel long ago.
page() {
  rm --recursive --force "$results"
  mkdir --parents "$results"
  { echo '# kept'; tried old 2026-01-02 6.1.0-9-arm64 build 1 0; tried old 2026-01-02 6.1.0-9-arm64 guest 12 0; } >"$project/docs/kernels-tried.tsv"
  printf '%s\n' before '<!-- tried: by a command -->' stale '<!-- tried end -->' after >"$project/docs/kernels.md"
}

# result KERNEL DATE RELEASE SCENARIO PASSED FAILED: in the cache.
result() {
  tried "$@" | cut --fields=2- >>"$results/$1"
}

record() {
  "$project/tests/rig/record-kernels.sh"
}

# has LINE...: in the page.
has() {
  local line
  cat "$project/docs/kernels.md"
  for line; do
    grep --quiet --line-regexp --fixed-strings -e "$line" "$project/docs/kernels.md" || { echo "it has no: $line"; return 1; }
  done
}

old_row='| old | 6.1.0-9-arm64 | 4K | zap by list, RT | yes | 1 | 12 | 0 | 12 passed | 2026-01-02 |'

nothing_run() {
  local message
  page
  cp --recursive "$project/docs" "$scratch/docs"
  message=$(record 2>&1) && return 1
  [ "$message" = "kernels: error: nothing was run yet: run 'sudo tests/run-matrix.sh'" ] && diff --recursive "$scratch/docs" "$project/docs"
}
tap_check "nothing was run: it says so, and changes nothing" nothing_run

merges() {
  page
  result new 2026-02-03 6.12.9-arm64 build 1 0
  result new 2026-02-03 6.12.9-arm64 layouts 20 0
  result new 2026-02-04 6.12.9-arm64 two-gpus 130 2
  record && has "$old_row" '| new | 6.12.9-arm64 | 4K | zap by list, RT | yes | 2 | 150 | **2** | not run | 2026-02-04 |' before after &&
    ! grep stale "$project/docs/kernels.md" && grep --quiet '^# kept' "$project/docs/kernels-tried.tsv"
}
tap_check "what was run is added, what was not stays" merges
sorted() { [ "$(grep --extended-regexp --only-matching '^\| (old|new) ' "$project/docs/kernels.md" | paste --serial --delimiters=)" = '| old | new ' ]; }
tap_check "older kernels come first" sorted
same() { cp --recursive "$project/docs" "$scratch/same" && record && diff --recursive "$scratch/same" "$project/docs"; }
tap_check "the same results again: nothing changes" same

new_cache() {
  rm "$results/new"
  result old 2026-03-01 6.1.0-9-arm64 guest 11 1
  record && has '| old | 6.1.0-9-arm64 | 4K | zap by list, RT | yes | 1 | 11 | **1** | **1 failed** | 2026-03-01 |' \
    '| new | 6.12.9-arm64 | 4K | zap by list, RT | yes | 2 | 150 | **2** | not run | 2026-02-04 |'
}
tap_check "another cache: one scenario of one kernel is new, the others stay" new_cache
new_release() {
  result old 2026-03-02 6.1.0-10-arm64 build 0 1
  record && has '| old | 6.1.0-10-arm64 | 4K | zap by list, RT | **failed** | 0 | 0 | 0 | not run | 2026-03-02 |' && ! grep -- 6.1.0-9 "$project/docs/kernels-tried.tsv"
}
tap_check "a new release of a kernel begins anew, and a failed build is told of" new_release
stale_cache() { page; result old 2025-12-31 6.1.0-8-arm64 layouts 5 0; record && has "$old_row" && ! grep -- 6.1.0-8 "$project/docs/kernels-tried.tsv"; }
tap_check "results that are older than what is there are left out" stale_cache
first() {
  page
  echo '# kept' >"$project/docs/kernels-tried.tsv"
  result new 2026-02-03 6.12.9-arm64 layouts 20 0
  record && has '| new | 6.12.9-arm64 | 4K | zap by list, RT | yes | 1 | 20 | 0 | not run | 2026-02-03 |'
}
tap_check "the first row" first
no_marks() {
  page
  result new 2026-02-03 6.12.9-arm64 layouts 20 0
  sed --in-place /tried/d "$project/docs/kernels.md"
  cp "$project/docs/kernels-tried.tsv" "$scratch/tsv"
  ! record && diff "$scratch/tsv" "$project/docs/kernels-tried.tsv"
}
tap_check "a page without marks is an error, and nothing changes" no_marks

tap_done
