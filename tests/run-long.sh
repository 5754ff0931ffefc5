#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make test-long: what make test has no time for. The whole matrix, kernels that watch
# themselves among it; packages and fleet/; all tests of real systems; the soak; faults that
# the tests have to find (tests/mutants); coverage; and the fuzzer of the host, each seed in a virtual
# host of its own. The last line is "N passed, N failed".
#
# What has passed is not run again as long as the tree stays as it is: after an
# interruption it goes on where it was.
#
# Variables: LONG_SEEDS     seeds of the fuzzer on each kernel (12)
#            LONG_MINUTES   minutes for each seed (10)
#            LONG_KERNELS   kernels that the fuzzer runs on (trixie-backports built-debug)
#            LONG_SOAK      binds of the soak, and GPUs lost; opens and resets are ten times
#                           as many (1000)
#            LONG_GUESTS    starts of a guest (100)
#
# In the cache: long/report.md   what was run, on what, when and for how long

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/rig/lib.sh"
# shellcheck source-path=SCRIPTDIR
. "$RIG_TOP/tests/parts.sh"

: "${LONG_SEEDS:=12}" "${LONG_MINUTES:=10}" "${LONG_SOAK:=1000}" "${LONG_GUESTS:=100}"
: "${LONG_KERNELS:=trixie-backports built-debug}"
read -r -a kernels <<<"$LONG_KERNELS"
for number in LONG_SEEDS LONG_MINUTES LONG_SOAK LONG_GUESTS; do
  [[ ${!number} =~ ^[1-9][0-9]*$ ]] || rig_die "$number has to be a number from 1 on, not '${!number}'"
done
rig_need_root
rig_need_cache
long=$RIG_CACHE/long
mkdir --parents "$long"
tree=$(cd "$RIG_TOP" && rig_hash VERSION Makefile dkms.conf src tests tools scripts udev debian rpm)

# step NAME COMMAND...: a part, unless it has passed already. Its file: tree, date, seconds,
# passed, failed, with tabs.
step() {
  local name=$1 file=$long/${1// /-}.result start=$SECONDS passed_before=$passed failed_before=$failed
  if grep --quiet --perl-regexp "^$tree\t.*\t0\$" "$file" 2>/dev/null; then
    passed=$((passed + $(cut --fields=4 "$file")))
    printf '== %s: passed on %s\n' "$name" "$(cut --fields=2 "$file")"
  else
    part "$@"
    printf '%s\t%s\t%d\t%d\t%d\n' "$tree" "$(date --utc +%Y-%m-%d)" $((SECONDS - start)) \
      $((passed - passed_before)) $((failed - failed_before)) >"$file"
  fi
  awk -F '\t' -v name="$name" '{ printf "| %s | %s | %d min | %d | %d |\n", name, $2, ($3 + 59) / 60, $4, $5 }' \
    "$file" >>"$long/report.md"
}

# boot_with KERNEL SCENARIO FILE RUN SECONDS: the scenario with that line RUN in the place of its
# own, in FILE.
boot_with() {
  {
    grep --invert-match '^run ' "$RIG_TOP/tests/scenarios/$2.conf"
    printf 'run %s\n' "$4"
  } >"$3"
  RIG_TIMEOUT=$(($5 + 900)) "$RIG_DIR/rig" boot "$1" "$3"
}

# fuzz KERNEL SEED
fuzz() {
  boot_with "$1" fuzz "$long/fuzz-$2.conf" "fuzz-host --seed $2 --seconds $((LONG_MINUTES * 60))" $((LONG_MINUTES * 60))
}

# soak KERNEL: a reset takes a tenth of a second, and a few on a busy machine.
soak() {
  boot_with "$1" soak "$long/soak.conf" "soak 1 $LONG_SOAK $((LONG_SOAK * 10)) $((LONG_SOAK * 10)) $LONG_SOAK" $((LONG_SOAK * 25))
}

# starts KERNEL: two minutes for each guest, and a tenth of them more to warm up.
starts() {
  boot_with "$1" guest "$long/starts.conf" "starts $LONG_GUESTS" $(((LONG_GUESTS * 11 / 10 + 10) * 120))
}

printf '%s\n' '| part | on | took | passed | failed |' '| --- | --- | --- | --- | --- |' >"$long/report.md"
step matrix "$RIG_TOP/tests/run-matrix.sh" --long
step packages "$RIG_TOP/tests/run-packages-native.sh" --long
step systems "$RIG_TOP/tests/run-systems.sh" --long
for kernel in bookworm trixie-backports; do
  step "soak of $LONG_SOAK on $kernel" soak "$kernel"
done
step "guests started $LONG_GUESTS times on nvidia-64k" starts nvidia-64k
step mutants "$RIG_TOP/tests/run-mutants.sh"
step coverage "$RIG_TOP/tests/run-coverage.sh"
for ((seed = 1; seed <= LONG_SEEDS; seed++)); do
  for kernel in "${kernels[@]}"; do
    step "fuzz $kernel seed $seed for $LONG_MINUTES min" fuzz "$kernel" "$seed"
  done
done
rig_say "$long/report.md has what was run"
parts_done
