#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What can be tested of tarball, packages and repositories without a virtual host: all
# of tests/packages, inside the rig's root; fleet/ with --long only. Prints TAP, and at
# the end "N passed, N failed". Needs root, and the network the first time.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/rig/lib.sh"
# shellcheck source-path=SCRIPTDIR
. "$RIG_TOP/tests/sections.sh"
# shellcheck source-path=SCRIPTDIR/rig
. "$RIG_DIR/suites.sh"

long=no
case ${1:-} in
  '') ;;
  --long) long=yes ;;
  *) rig_die "there is no option '$1': $0 [--long]" ;;
esac
rig_need_root
rig_need_cache

# The kernels that packages are installed for.
for kernel in trixie trixie-backports; do
  "$RIG_DIR/rig" kernel "$kernel" >/dev/null
done

# What rules and settings are held to. An archive whose suite cannot be unpacked today is
# a failure of its own: nothing of ours has been tested there.
suites=()
for suite in "${SUITES[@]}"; do
  if output=$("$RIG_DIR/rig" suite "$suite" 2>&1); then
    suites+=("$suite")
  else
    fail "archive: udev and kmod of $suite can be unpacked; our rules were not tested on them"
    printf '%s\n' "$output" | sed 's/^/#   /'
  fi
done

results=$(mktemp --directory)
trap 'rm --recursive --force "$results"' EXIT
declare -A running=()

# All at once: much of their time is spent in steps that use one core.
programs=(deb hooks install modules prebuilt rpm quality release repository setup tarball)
if [ "$long" = yes ]; then
  # The root of the programs that read what is in fleet/.
  "$RIG_DIR/rig" suite fleet >/dev/null
  programs+=(fleet fleet-files)
fi
for program in "${programs[@]}"; do
  # Goes down with this script, whatever ends that.
  setpriv --pdeathsig TERM "$RIG_DIR/rig" run "tests/packages/$program.sh" >"$results/$program" 2>&1 </dev/null &
  running[$program]=$!
done

# Runs in this shell, whose children it waits for.
result() {
  local status=0
  wait "${running[$1]}" || status=$?
  cat "$results/$1"
  return "$status"
}

for suite in "${suites[@]}"; do
  section "udev of $suite" "$RIG_DIR/rig" run tests/packages/udev.sh "$suite"
done
for program in "${programs[@]}"; do
  section "$program" result "$program"
done
sections_done
