#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make demo: the driver at work on a virtual Grace Hopper, for people to watch.
# Everything the kernel says is in the log only.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR
. "$RIG_DIR/kernel.sh"

rig_need_root
rig_need_cache

# The first of the list is the default.
name=$(kernel_names | head --lines=1)
log=$RIG_CACHE/logs/$name/demo
"$RIG_DIR/rig" build "$name" >/dev/null

rig_say "booting a virtual Grace Hopper with the Debian kernel $(kernel_release "$name") ..."
start=$SECONDS status=0
output=$("$RIG_DIR/rig" boot "$name" demo) || status=$?
sed --quiet 's/^\(ok [0-9]* - \)\(.*\)/  \2/p; /^not ok/p' <<<"$output"
[ "$status" -eq 0 ] || rig_die "the demonstration failed: the kernel's log is $log/console.log"
rig_say "that took $((SECONDS - start)) s; the kernel's log is $log/console.log"
