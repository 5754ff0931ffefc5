#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Tests of what makes tables of the bench's samples. Prints TAP. Part of make check.

set -euo pipefail

cd "$(dirname "$0")/.."
# shellcheck source-path=SCRIPTDIR/..
. tap.sh

scratch=$(mktemp --directory)
trap 'rm --recursive --force "$scratch"' EXIT

cat >"$scratch/list" <<'EOF'
# name unit better headline what
mapping ms     less yes mapping of it
tables  kB     less no  page tables
copies  MB/s   more yes copies
ready   yes/no -    no  it was ready
EOF

# samples DRIVER METRIC VALUE...
samples() {
  local driver=$1 metric=$2 value
  shift 2
  for value; do
    printf '# sample %s %s %s\r\n' "$driver" "$metric" "$value"
  done
}

# Medians 2 ms and 6 ms, 10 kB and 40 kB, 32 MiB in 32 ms and in 64 ms.
{
  samples ours mapping 4000000 1000000 2000000 3000000 2000000
  samples in-kernel mapping 6000000 6000000 6000000
  samples ours tables 10 10
  samples in-kernel tables 40 40
  samples ours copies 33554432
  samples in-kernel copies 67108864
  samples ours ready 1 1
  samples in-kernel ready 0 0
} >"$scratch/new"
{
  samples ours mapping 1000 1000
  samples in-kernel mapping 5000 7000
  samples ours copies 9500000
  samples in-kernel copies 19000000
} >"$scratch/new-count"
{
  samples ours mapping 3000000
  samples ours tables 160
  samples ours copies 33554432
  samples ours ready 1
} >"$scratch/old"
samples ours mapping 1000 >"$scratch/old-count"

# summary FORMAT, of both kernels.
summary() {
  awk -v format="$1" -f bench/summary.awk "$scratch/list" kernel=new release=6.12.9 kind=time "$scratch/new" \
    kind=count "$scratch/new-count" kernel=old release=6.1.3 kind=time "$scratch/old" kind=count "$scratch/old-count"
}

# has FORMAT LINE
has() {
  summary "$1" | tee "$scratch/output" | grep --line-regexp --fixed-strings -e "$2" && return
  cat "$scratch/output"
  return 1
}

is_json() {
  summary json | perl -MJSON::PP -e 'local $/; my $all = decode_json(<STDIN>);
    my $mapping = $all->{new}{metrics}{mapping};
    die unless $mapping->{ours}{median} == 2 && $mapping->{gain} == 3 && @{$mapping->{ours}{samples}} == 5;
    die unless $mapping->{instructions}{gain} == 6 && $all->{old}{in_kernel_from} eq "new";
    die unless $all->{new}{metrics}{tables}{exact} && !$mapping->{exact}'
}

# refused WHAT: summary of a report that lacks something, or has too much.
refused() {
  local message
  message=$(summary markdown 2>&1 >"$scratch/output") && return 1
  printf '%s\n' "$message"
  [[ $message == "bench: error: $1" ]]
}

# changed FILE SED-SCRIPT COMMAND...: with a report that is another.
changed() {
  local file=$scratch/$1 script=$2 status=0
  shift 2
  cp "$file" "$scratch/kept"
  sed "$script" "$scratch/kept" >"$file"
  "$@" || status=$?
  cp "$scratch/kept" "$file"
  return "$status"
}

tap_check "medians, gain, spread, instructions" has markdown \
  '| mapping of it | 2 ms | 6 ms | 3× | 25 % / 0 % | 1,000 | 6,000 | 6× |'
tap_check "a count that is the same in each run is exact" has markdown '| page tables | 10 kB | 40 kB | 4× | exact |  |  |  |'
tap_check "a count that is not the same is not exact" changed new '0,/ours tables 10/s//ours tables 20/' \
  has markdown '| page tables | 15 kB | 40 kB | 2.67× | 17 % / exact |  |  |  |'
tap_check "more is better for rates, less for the instructions they take" has markdown \
  '| copies | 1,000 MB/s | 500 MB/s | 2× | 0 % / 0 % | 9.50 M | 19 M | 2× |'
tap_check "a gain that is nothing" changed new 's/ours tables 10/ours tables 90000/' \
  has markdown '| page tables | 90,000 kB | 40 kB | < 0.001× | exact |  |  |  |'
tap_check "yes and no" has markdown '| it was ready | yes | no | – | exact |  |  |  |'
tap_check "what our driver cannot do" changed new 's/ours tables 10/ours tables none/' \
  has markdown '| page tables | – | 40 kB | – | – / exact |  |  |  |'
tap_check "what the in-kernel driver cannot do" changed new 's/in-kernel tables 40/in-kernel tables none/' \
  has markdown '| page tables | 10 kB | – | – | exact |  |  |  |'
tap_check "a kernel without in-kernel driver is compared with that of another" has markdown \
  '| mapping of it | 3 ms | 6 ms † | 2× | 0 % / 0 % | 1,000 | 6,000 † | 6× |'
tap_check "and that is said" has markdown \
  '† Measured on 6.12.9: there is no in-kernel driver for 6.1.3, and that of 6.12.9 does not build there.'
tap_check "the headline has the kernels with both" has headline '| mapping of it | 2 ms | 6 ms | 3× (6×) |'
tap_check "JSON" is_json
tap_check "a sample that was not taken is an error" changed old /mapping/d refused "mapping of ours was not measured on old"
tap_check "so is one of the in-kernel driver" changed new '/in-kernel copies/d' \
  refused $'copies of the in-kernel driver was not measured on new\nbench: error: copies of the in-kernel driver was not measured on new'
tap_check "so is one that is not in the list" changed old 's/ready/steady/' \
  refused $'steady is not in the list of metrics\nbench: error: ready of ours was not measured on old'

tap_done
