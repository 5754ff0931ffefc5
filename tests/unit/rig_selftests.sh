#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Tests of what decides whether the kernel's VFIO selftests passed on a host. Prints TAP. Part of
# make check.

set -euo pipefail

cd "$(dirname "$0")/.."
# shellcheck source-path=SCRIPTDIR/..
. tap.sh

scratch=$(mktemp --directory)
trap 'rm --recursive --force "$scratch"' EXIT

cat >"$scratch/list" <<'EOT'
# a list
program device
device  -         reset    -
irq     msix      trigger  msix
program maps
map     MODE_2mb  unmap    pages
program driver
-       -         all      engine
EOT

# expected FEATURE...: what is to run without these.
expected() {
  awk -v lacks="$*" -f rig/selftests/expected.awk "$scratch/list" >"$scratch/expected"
}

# plans LINE...: it is these lines, and some others.
plans() {
  local line
  for line; do
    grep --quiet --line-regexp --fixed-strings "$line" "$scratch/expected" || { echo "no line '$line'" && return 1; }
  done
}

everything_runs() {
  expected
  plans 'program device' 'test device device.reset' 'test device irq.msix.trigger' 'test maps map.iommufd_2mb.unmap' \
    'test maps map.vfio_type1_iommu_2mb.unmap' 'test driver all'
  ! grep without "$scratch/expected"
}

leaves_out() {
  expected msix iommufd engine
  plans 'without device -V msix irq.msix.trigger msix' 'without maps -V iommufd_2mb map.iommufd_2mb.unmap iommufd' \
    'without maps -V iommufd_compat_type1_2mb map.iommufd_compat_type1_2mb.unmap iommufd' 'without driver -T all all engine' \
    'test maps map.vfio_type1_iommu_2mb.unmap' 'program maps'
  ! grep '^program driver' "$scratch/expected"
}

leaves_out_by_feature_only() {
  expected pages
  plans 'test device irq.msix.trigger' 'without maps -V vfio_type1v2_iommu_2mb map.vfio_type1v2_iommu_2mb.unmap pages'
  ! grep '^program maps' "$scratch/expected"
}

# What the programs say where all is well; only device and driver have something to run.
said() {
  cat <<'EOT'
selftest: begin device
TAP version 13
1..2
# Starting 2 tests from 2 test cases.
ok 1 device.reset
    something from a test
ok 2 irq.msix.trigger
selftest: end 0
selftest: begin driver
1..1
ok 1 driver.copies
selftest: end 0
EOT
}

# judged SED-EXPRESSION: what is made of it when it is changed so.
judged() {
  expected pages
  said | sed "$1" | awk -f rig/selftests/judge.awk "$scratch/expected" - >"$scratch/judged"
  cat "$scratch/judged"
}

passes() {
  judged ''
  printf '%s\n' 'ok 1 - device: device.reset' 'ok 2 - device: irq.msix.trigger' 'ok 3 - driver: driver.copies' '1..3' |
    cmp - <(grep --invert-match '^# ' "$scratch/judged")
}

# fails SED-EXPRESSION TEXT: this is the one failure then, and the plan counts it.
fails() {
  judged "$1"
  [ "$(grep --count '^not ok' "$scratch/judged")" = 1 ] || return 1
  grep --quiet "^not ok [0-9]* - $2\$" "$scratch/judged"
  [ "$(tail --lines=1 "$scratch/judged")" = "1..$(grep --count --extended-regexp '^(not )?ok' "$scratch/judged")" ]
}

tap_check "with all features all tests are to run" everything_runs
tap_check "what needs a feature is left out without it" leaves_out
tap_check "what does not need it runs" leaves_out_by_feature_only
tap_check "tests that pass" passes
tap_check "a test that fails" fails 's/^ok 2/not ok 2/; /^not ok 2/,/end 0/s/end 0/end 1/' 'device: irq.msix.trigger'
tap_check "a test that is skipped" fails 's/^ok 1 device.*/& # SKIP no such thing/' 'device: device.reset is skipped: no such thing'
tap_check "a test that is gone" fails 's/^1..2/1..1/; /^ok 2/d' 'device: irq.msix.trigger did not run'
tap_check "a test that is in no list" fails 's/^1..2/1..3/; s/^ok 2.*/&\nok 3 device.new/' \
  'device: device.new passed, and is not in expected.list: add it'
tap_check "a plan that is not kept" fails 's/^1..2/1..4/' 'device: planned 4 tests and ran 2'
tap_check "no plan" fails '/^1..1/d' 'driver: planned -1 tests and ran 1'
tap_check "a program that fails although its tests pass" fails '1,/end 0/s/end 0/end 1/' \
  'device: exit status 1 although no test failed'

tap_done
