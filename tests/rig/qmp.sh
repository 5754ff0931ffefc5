#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# qmp.sh FOLDER COMMAND...: runs QEMU so that programs of the virtual host can send it
# QMP commands: the lines "# qmp: JSON" of FOLDER/report.tap. Its answers are in
# FOLDER/qmp.log. Runs inside the root, with which everything started here ends.

set -euo pipefail

folder=$1
shift

# QEMU opens both: see "chardev pipe" in its manual.
mkfifo "$folder/qmp.in" "$folder/qmp.out"
: >"$folder/report.tap"
cat "$folder/qmp.out" >"$folder/qmp.log" &
{
  echo '{"execute": "qmp_capabilities"}'
  tail --follow --lines=+1 "$folder/report.tap" | sed --unbuffered --quiet 's/\r$//; s/^# qmp: //p'
} >"$folder/qmp.in" &
exec "$@" -chardev "pipe,id=qmp,path=$folder/qmp" -mon chardev=qmp,mode=control
