#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Tests of what decides whether a virtual host passed: the scan of its console and
# the judge of its report. Prints TAP. Part of make check.

set -euo pipefail

cd "$(dirname "$0")/.."
# shellcheck source-path=SCRIPTDIR/..
. tap.sh
# shellcheck source-path=SCRIPTDIR/..
. rig/lib.sh
# shellcheck source-path=SCRIPTDIR/..
. rig/judge.sh
# shellcheck source-path=SCRIPTDIR/..
. rig/scenario.sh

scratch=$(mktemp --directory)
trap 'rm --recursive --force "$scratch"' EXIT

# --- the console

clean_log() {
  cat <<'EOF'
[    0.000000] Booting Linux on physical CPU 0x0000000000 [0x000f0510]
[    0.000000] Kernel command line: console=ttyAMA0 oops=panic panic=-1 kasan=on
[    0.000000] rcu: Preemptible hierarchical RCU implementation.
[    0.000000] rcu: RCU calculated value of scheduler-enlistment delay is 25 jiffies.
[    0.000000] kfence: initialized - using 2097152 bytes for 255 objects
[    0.000000] arm64/numa: Warning: invalid memblk node 1
[    0.010000] SMP: Total of 2 processors activated.
[    1.132593] arm-smmu-v3 arm-smmu-v3.0.auto: option mask 0x0
[    2.084000] pcieport 0000:00:01.0: AER: enabled with IRQ 56
[    3.045701] virtual_gpu: loading out-of-tree module taints kernel.
[    3.363254] nvgrace_gpu_vfio_pci 0000:01:00.0: error: memory is not ready
[    7.057782] reboot: Power down
EOF
}

clean_passes() {
  clean_log >"$scratch/log"
  rig/scan-console.sh "$scratch/log"
}

# A line in the midst of a clean log is found, and nothing else is.
finds() {
  local found
  { clean_log; printf '[    5.000000] %s\n' "$1"; clean_log; } >"$scratch/log"
  found=$(rig/scan-console.sh "$scratch/log") && return 1
  printf '%s\n' "$found"
  [ "$found" = "[    5.000000] $1" ]
}

refuses_no_log() {
  rm --force "$scratch/log"
  ! rig/scan-console.sh "$scratch/log" || return 1
  : >"$scratch/log"
  ! rig/scan-console.sh "$scratch/log"
}

tap_check "a clean log passes" clean_passes
tap_check "no log, or an empty one, does not" refuses_no_log
while IFS= read -r line; do
  tap_check "found: $line" finds "$line"
done <<'EOF'
WARNING: CPU: 1 PID: 87 at mm/memory.c:2461 vmf_insert_pfn_prot+0x3c/0x160
BUG: Bad page map in process mmap  pte:68000100000f4b pmd:800000004
kernel BUG at mm/memory.c:2448!
BUG: sleeping function called from invalid context at kernel/locking/mutex.c:283
BUG: scheduling while atomic: rw/93/0x00000002
BUG: KASAN: slab-out-of-bounds in region_read+0x54/0x90
BUG: KCSAN: data-race in fake_bar_read / fake_bar_write
BUG: KFENCE: use-after-free read in region_release+0x24/0x40
BUG: soft lockup - CPU#0 stuck for 26s! [rw:93]
UBSAN: shift-out-of-bounds in src/fake_bar.c:31:12
Internal error: Oops: 0000000096000210 [#1] SMP
Internal error: synchronous external abort: 0000000096000010 [#1] PREEMPT SMP
Unhandled fault: synchronous external abort (0x92000010) at 0x0000ffff8c3d2000
SError Interrupt on CPU1, code 0x00000000bf000002 -- SError
Unable to handle kernel NULL pointer dereference at virtual address 0000000000000008
Kernel panic - not syncing: Oops: Fatal exception
Call trace:
INFO: task rw:93 blocked for more than 120 seconds.
rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:
rcu: INFO: rcu_sched self-detected stall on CPU
WARNING: possible circular locking dependency detected
WARNING: possible recursive locking detected
WARNING: suspicious RCU usage
WARNING: inconsistent lock state
WARNING: bad unlock balance detected!
refcount_t: underflow; use-after-free.
list_del corruption. prev->next should be ffff000003a5c0b8, but was dead000000000100
kmemleak: 3 new suspected memory leaks (see /sys/kernel/debug/kmemleak)
watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [stress:131]
workqueue lockup - pool cpus=0 node=0 flags=0x0 nice=0 stuck for 30s!
EOF

# --- the report

good_report() {
  cat <<'EOF'
# run mmap 1
# GPU 0000:01:00.0
ok 1 - first
ok 2 - second
1..2

# exit 0: mmap 1
# run rw
1..1
ok 1 - only

# exit 0: rw
rig: done
EOF
}

# judged EXPECTED: the report on stdin, of a host that had to run "mmap 1" and "rw".
judged() {
  local expected=$1 verdict
  cat >"$scratch/report"
  verdict=$(judge_report "$scratch/report" 'mmap 1' rw) || true
  printf '%s\n' "$verdict"
  [[ $verdict == *"$expected" ]]
}

# changed SED-SCRIPT EXPECTED: the good report with something changed.
changed() {
  good_report | sed "$1" | judged "$2"
}

tap_check "a good report passes" changed '' '3 passed, 0 failed'
tap_check "a failed test fails" changed '/^ok 2/s/^/not /; s/exit 0: mmap/exit 1: mmap/' \
  $'not ok - mmap 1: second\n2 passed, 1 failed'
tap_check "a skipped test fails" changed '/^ok 2/s/$/ # SKIP no such thing here/' '2 passed, 1 failed'
tap_check "fewer tests than planned fail" changed '/^ok 2/d' \
  $'not ok - mmap 1: planned 2 tests and ran 1\n2 passed, 1 failed'
tap_check "more tests than planned fail" changed 's/^1\.\.2/1..1/' '3 passed, 1 failed'
tap_check "no plan fails" changed '/^1\.\.2/d' $'not ok - mmap 1: printed no plan (1..N)\n3 passed, 1 failed'
tap_check "an empty plan fails" changed 's/^1\.\.1/1..0/; /only/d' '2 passed, 1 failed'
tap_check "a bad exit status with no failed test fails" changed 's/exit 0: rw/exit 2: rw/' '3 passed, 1 failed'
tap_check "a good exit status with a failed test fails no less" changed '/^ok 2/s/^/not /' '2 passed, 1 failed'
tap_check "a crash fails" changed 's/exit 0: rw/exit 139: rw/' \
  $'not ok - rw: was killed by signal 11\n3 passed, 1 failed'
tap_check "a program that does not exist fails" changed '/^# exit 0: mmap/,/^# exit 0: rw/{/^ok/d;/^1/d;s/exit 0: rw/exit 127: rw/}' \
  $'not ok - rw: there is no such program\n2 passed, 1 failed'
tap_check "a program that did not run fails" changed '/^# run rw/,/^# exit 0: rw/d' \
  $'not ok - rw: did not run\n2 passed, 1 failed'
tap_check "a program that did not end fails" changed '/^# exit 0: rw/d' $'not ok - rw: did not end\n3 passed, 1 failed'
tap_check "a host that does not reach its end fails" changed '/^rig: done/d' \
  $'not ok - the virtual host did not reach its end\n3 passed, 1 failed'
tap_check "an empty report fails" judged '0 passed, 3 failed' </dev/null

# --- scenario files

refused() {
  local expected=$1 message
  cat >"$scratch/scenario.conf"
  message=$( (scenario_load "$scratch/scenario.conf") 2>&1) && return 1
  printf '%s\n' "$message"
  [[ $message == "rig: error: "*"$expected"* ]]
}

sized() {
  [ "$(scenario_bytes "$1")" = "$2" ]
}

tap_check "scenario: an unknown word is refused" refused "'gpus' is not one of" <<<'gpus base=64G'
tap_check "scenario: an unknown key is refused" refused "a gpu has no 'bas'" <<<'gpu bas=64G'
tap_check "scenario: a key without a value is refused" refused "'base' needs a value" <<<'gpu base'
tap_check "scenario: a clock of another kind is refused" refused 'counts time or instructions' <<<'clock sundial'
tap_check "scenario: no GPU is refused" refused 'at least one gpu' <<<'memory 3G'
tap_check "scenario: 95G" sized 95G 102005473280
tap_check "scenario: 8T" sized 8T 8796093022208
tap_check "scenario: hexadecimal" sized 0x17c0000000 102005473280

tap_done
