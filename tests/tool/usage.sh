#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What is typed: a part of doctor, options and addresses that are wrong. Prints TAP.
#
# usage.sh TOOL: the tool, built with sanitizers.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/tool.sh"
tools=$folder/../../tools

# --- a part of doctor

second() { pci_add 0019:01:00.0 0x10de 0x2342 0x030200 13; driver_add nvidia 570.1; pci_bind 0019:01:00.0 nvidia; }
of_one() { run 0 doctor "$GPU" && says "GPU's driver: $GPU: bound" "Architecture" && ! grep 0019 "$scratch/out" && run 2 doctor 0019:01:00.0 && ! grep "$GPU" "$scratch/out"; }
check "doctor of one GPU of two" second of_one
one_check() { run 2 doctor --check driver && says "bound to" "nvidia has it" && ! grep --invert-match "^problem .*0019\|^ok .*$GPU\|^  \|^\$\|^Problems: 1\|^Begin" "$scratch/out"; }
check "one check of doctor" second one_check
both() { run 0 doctor "$GPU" --check driver && [ "$(wc --lines <"$scratch/out")" -eq 3 ]; }
check "one check of one GPU" second both
# Alone each says something, and completion and manual page know it.
ids() {
  local id file
  while read -r id; do
    run 0 doctor --check "$id" >/dev/null && says "Problems: 0" || return 1
    for file in "$tools"/nvgrace-gpu.{8,completion}; do
      grep --quiet --word-regexp -e "$id" "$file" || { echo "${file##*/} has no check $id"; return 1; }
    done
  done < <(sed --quiet 's/^\t{ "\([a-z-]*\)",.*check_.*/\1/p' "$tools/checks/registry.c")
}
check "each check alone" nothing ids
no_check() { run 64 doctor --check drivers && says "checks are: architecture gpu"; }
check "a check that is not there" nothing no_check

# --- what is typed wrongly

check "no command" nothing run 64
check "no such command" nothing run 64 lisst
check "an option of another command" nothing run 64 list --all
check "not an address" nothing run 1 status 0009:01
not_there() { run 1 status 0009:02:00.0 && says "'0009:02:00.0' is not there"; }
check "nothing at an address" nothing not_there
not_a_gpu() { run 1 status 0009:01:00.1 && says "'0009:01:00.1' is not a GPU that the driver knows"; }
audio() { pci_add 0009:01:00.1 0x10de 0x22ba 0x040300 12; }
check "not a GPU at an address" audio not_a_gpu
check "an address without domain, in capitals" nothing run 1 status 01:00.0
check "a GPU twice" nothing run 1 qemu "$GPU" "$GPU"
check "a check of another command" nothing run 64 list --check gpu
check "doctor cannot look: no GPU there" nothing run 3 doctor 0009:02:00.0
check "doctor cannot look: a tree that is not there" nothing run 3 --root /proc/none doctor
doctor_full() { local status=0; "$tool" --root "$tree" doctor >/dev/full 2>"$scratch/out" || status=$?; [ "$status" -eq 3 ] && says 'No space left'; }
check "doctor cannot say what it found" nothing doctor_full
check "a tree that is not there" nothing run 1 --root /proc/none list
version() { run 0 "${1:---version}" && says "nvgrace-gpu $(cat "$folder/../../VERSION")"; }
check "-V" nothing version -V
helps() { run 0 -h && says "usage: nvgrace-gpu" && run 0 doctor --help && says "usage: nvgrace-gpu"; }
check "-h" nothing helps
check "--version" nothing version
full() { ! "$tool" --root "$tree" status >/dev/full 2>"$scratch/out" && says 'No space left'; }
check "output that cannot be written" nothing full

tap_done
