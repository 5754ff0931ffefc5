#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make demo: the driver, then the package, at work on a virtual Grace Hopper, for people to
# watch. Everything the kernel says is in the logs only.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

kernel=trixie-backports
system=trixie

rig_need_root
rig_need_cache

# demonstrate LOGS COMMAND...: what it tests, without TAP; LOGS is where to look for more.
demonstrate() {
  local logs=$1 start=$SECONDS status=0
  shift
  "$RIG_DIR/rig" "$@" | sed --unbuffered --quiet 's/^\(ok [0-9]* - \)\(.*\)/  \2/p; /^not ok/p' || status=$?
  [ "$status" -eq 0 ] || rig_die "the demonstration failed: the logs are in $logs"
  rig_say "that took $((SECONDS - start)) s; the kernel's logs are in $logs"
}

rig_say "the driver: booting a kernel with one GPU of 95 GiB, loading the driver, using the memory ..."
RIG_ROOT_PART=boot demonstrate "$(rig_work)/logs/$kernel/demo" boot "$kernel" demo

rig_say "the package: making a Debian $system, booting it, installing the package, booting it again ..."
"$RIG_DIR/rig" system "$system" >/dev/null
demonstrate "$(rig_work)/logs/systems/$system/demo" system-test "$system" demo
