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
