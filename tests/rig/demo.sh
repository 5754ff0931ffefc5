#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make demo: the package at work on a virtual Grace Hopper, for people to watch.
# Everything the kernel says is in the logs only.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

system=trixie

rig_need_root
rig_need_cache

log=$RIG_CACHE/logs/systems/$system/demo
"$RIG_DIR/rig" system "$system" >/dev/null
rig_say "booting a virtual Grace Hopper with Debian $system, installing the package, booting it again ..."
start=$SECONDS status=0
"$RIG_DIR/rig" system-test "$system" demo |
  sed --unbuffered --quiet 's/^\(ok [0-9]* - \)\(.*\)/  \2/p; /^not ok/p' || status=$?
[ "$status" -eq 0 ] || rig_die "the demonstration failed: the logs are in $log"
rig_say "that took $((SECONDS - start)) s; the kernel's logs are $log/*/console.log"
