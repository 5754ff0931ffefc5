# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What the tests of the tool share: TAP, a scratch folder, recorded trees, and running
# the tool in them. Each is called with the tool's path. Source this first.

set -euo pipefail

: "${1:?the path of the tool}"
tool=$1
folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR
. "$folder/../tap.sh"
scratch=$(mktemp --directory)
trap 'rm --recursive --force "$scratch"' EXIT
# shellcheck source-path=SCRIPTDIR
. "$folder/trees.sh"

# run STATUS ARGUMENT...: of the tool in $tree; what it prints is in $scratch/out.
run() {
  local expected=$1 status=0
  shift
  "$tool" --root "$tree" "$@" >"$scratch/out" 2>&1 || status=$?
  cat "$scratch/out"
  [ "$status" -eq "$expected" ] || { echo "it ended with status $status, not $expected"; return 1; }
}

# says TEXT...: all of them.
says() {
  local text
  for text; do
    grep --quiet --fixed-strings -e "$text" "$scratch/out" || { echo "it did not say: $text"; return 1; }
  done
}

# live_tool PROGRAM: it runs in $tree as on a machine of its own, as /bin/nvgrace-gpu.
live_tool() {
  local library
  install -D "$1" "$tree/bin/nvgrace-gpu"
  for library in $(ldd "$1" | grep --only-matching '/[^ ]*'); do
    (cd / && cp --parents --dereference "$library" "$tree")
  done
  # If it counts what runs (COVERAGE), it does in the same files there.
  find "$(realpath "$(dirname "$1")")" -name '*.gcda' -exec cp --link --parents --target-directory="$tree" {} +
}

# has BDF DRIVER|none OVERRIDE
has() {
  local driver=none override device=$tree/sys/bus/pci/devices/$1
  [ ! -L "$device/driver" ] || driver=$(basename "$(readlink "$device/driver")")
  override=$(cat "$device/driver_override")
  echo "$1 has $driver, driver_override $override"
  [ "$driver" = "$2" ] && [ "$override" = "$3" ]
}

# golden NAME ARGUMENT...: prints what is in that file.
golden() {
  local name=$1
  shift
  run 0 "$@" >/dev/null && diff "$folder/golden/$name" "$scratch/out"
}

# doctor_begins STATUS TEXT FIX...: the first cause, and the lines that mend it, which
# are the end of what it prints.
doctor_begins() {
  local status=$1 text=$2
  shift 2
  mkdir --parents "$scratch/json"
  "$tool" --root "$tree" doctor --json >"$(mktemp "$scratch/json/XXXXXX")" || [ $? -eq "$status" ] || return 1
  run "$status" doctor || return 1
  says "Begin with: $text" || return 1
  [ "$#" -eq 0 ] || tail --lines=$# "$scratch/out" | diff <(printf '               %s\n' "$@") -
}

# coded: each finding that doctor_begins had has a code of its own.
coded() {
  ! grep --no-filename -e '-other"' "$scratch/json"/*
}

# check NAME CHANGE COMMAND...: in a good host after CHANGE, a function.
check() {
  local name=$1 change=$2
  shift 2
  tree_new state
  "$change"
  tap_check "$name" "$@"
}

nothing() { :; }

# QEMU and libvirt cannot be seen in a recorded tree.
all_well() {
  run 0 doctor && says 'Problems: 0. Warnings: 0. Unknown: 2.' && ! grep 'Begin with' "$scratch/out"
}
