#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What bash offers after a part of a command line. Prints TAP.

set -euo pipefail

folder=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR
. "$folder/../tap.sh"
# shellcheck source-path=SCRIPTDIR
. "$folder/../../tools/nvgrace-gpu.completion"

# Instead of the tool.
nvgrace-gpu() {
  printf '%s  GH200\n' 0009:01:00.0 0019:01:00.0
}

compopt() { :; }

# offers LINE WORD...: words of the line are separated by spaces only, as they are here.
offers() {
  local line=$1
  shift
  # The colon is a word of its own for readline.
  read -r -a COMP_WORDS <<<"${line//:/ : }"
  [[ $line != *' ' ]] || COMP_WORDS+=('')
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
  COMP_LINE=$line COMP_POINT=${#line} COMPREPLY=()
  _nvgrace_gpu nvgrace-gpu "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
  diff <(printf '%s\n' "$@") <(printf '%s\n' "${COMPREPLY[@]}")
}

tap_check "commands" offers "nvgrace-gpu un" unbind
tap_check "options of a command" offers "nvgrace-gpu list " --json
tap_check "options of status" offers "nvgrace-gpu status --" --json --watch
tap_check "checks" offers "nvgrace-gpu doctor --check ne" next-kernel
tap_check "addresses" offers "nvgrace-gpu qemu 0" 0009:01:00.0 0019:01:00.0
tap_check "addresses, begun" offers "nvgrace-gpu status 001" 0019:01:00.0
tap_check "addresses, behind a colon" offers "nvgrace-gpu status 0019:01" 01:00.0
tap_check "options of bind" offers "nvgrace-gpu bind --a" --all
tap_check "options of metrics" offers "nvgrace-gpu metrics -" --output
tap_check "behind --output" offers "nvgrace-gpu metrics --output /" ""
tap_check "options of qemu" offers "nvgrace-gpu qemu --sm" --smmu
tap_check "options of kubevirt" offers "nvgrace-gpu kubevirt --cl" --claim
tap_check "options of nova" offers "nvgrace-gpu nova --m" --memory
tap_check "choices of an option" offers "nvgrace-gpu libvirt --smmu a" auto accel
tap_check "behind --root" offers "nvgrace-gpu --root /" ""
# Each shell's file has all that main.c has.
knows() {
  local main=$folder/../../tools/main.c word found=0
  while read -r word; do
    found=$((found + 1))
    grep --quiet -e "\(--\|--long-option \)$word\b" "$1" || { echo "it lacks the option $word"; return 1; }
  done < <(sed --quiet 's/^\t\t{ "\([a-z-]*\)", [a-z]*_argument.*/\1/p' "$main")
  while read -r word; do
    found=$((found + 1))
    grep --quiet --word-regexp -e "$word" "$1" || { echo "it lacks the command $word"; return 1; }
  done < <(sed --quiet 's/^\t{ \.name = "\([a-z-]*\)".*/\1/p' "$main")
  [ "$found" -gt 20 ] || { echo "$found options and commands were found"; return 1; }
}
checks() {
  local id
  while read -r id; do
    grep --quiet "[( ']${id}[) ']" "$1" || { echo "it lacks the check $id"; return 1; }
  done < <(sed --quiet 's/^\t{ "\([a-z-]*\)",.*check_.*/\1/p' "$folder/../../tools/checks/registry.c")
}
for shell in completion zsh fish; do
  tap_check "nvgrace-gpu.$shell has all commands and options" knows "$folder/../../tools/nvgrace-gpu.$shell"
  tap_check "nvgrace-gpu.$shell has all checks" checks "$folder/../../tools/nvgrace-gpu.$shell"
done
tap_done
