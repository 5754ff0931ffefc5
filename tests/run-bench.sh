#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make bench: this driver and the in-kernel one, side by side in the same virtual hosts,
# one host at a time. A line for each host, then the table.
#
# Variables: BENCH_KERNELS   kernels to measure on; the first one that has an in-kernel
#                            driver stands in for those that have none
#
# In the cache: bench/bench.md       the table, as docs/bench.md is
#               bench/bench.json     the same with each sample
#               bench/headline.md    the table for the README

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/rig/lib.sh"
for part in scenario kernel jobs; do
  # shellcheck source=/dev/null
  . "$RIG_DIR/$part.sh"
done

: "${BENCH_KERNELS:=trixie trixie-backports bookworm nvidia-64k}"
read -r -a kernels <<<"$BENCH_KERNELS"
for kernel in "${kernels[@]}"; do
  kernel_column "$kernel" 1 >/dev/null
done
rig_need_root
rig_need_cache

# Everything is built before the first is measured.
for kernel in "${kernels[@]}"; do
  "$RIG_DIR/rig" build "$kernel" >/dev/null
done

rig_say "measuring on ${kernels[*]}, one host after the other; this takes some minutes"
jobs_begin 1
reports=()
for kernel in "${kernels[@]}"; do
  reports+=("kernel=$kernel" "release=$(kernel_release "$kernel")")
  for kind in time count; do
    scenario=bench-$kind
    logs=$(rig_work)/logs/$kernel/$scenario
    jobs_run "$kernel $(kernel_release "$kernel") $scenario" "$logs/console.log" "$RIG_DIR/rig" boot "$kernel" "$scenario"
    reports+=("kind=$kind" "$logs/report.tap")
  done
done
jobs_end || rig_die "not everything could be measured"

summary() {
  awk -v format="$1" -f "$RIG_TOP/tests/bench/summary.awk" "$RIG_TOP/tests/bench/metrics.list" "${reports[@]}"
}

results=$(rig_work)/bench
mkdir --parents "$results"
{ cat "$RIG_TOP/tests/bench/intro.md"; summary markdown; } >"$results/bench.md"
summary json >"$results/bench.json"
summary headline >"$results/headline.md"
cat "$results/bench.md"
