#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# shape.sh NAME KERNEL: builds the driver for one shape of shapes.list, which is made from
# KERNEL, with its log in the cache. The kernel has been fetched. The last line is "1 passed, 0 failed",
# or the other way round.

# shellcheck source-path=SCRIPTDIR/../rig
. "$(dirname "$0")/../rig/lib.sh"
for part in apt-sources root kernel; do
  # shellcheck source=/dev/null
  . "$RIG_DIR/$part.sh"
done

name=$1 kernel=$2
log=$RIG_CACHE/logs/shapes/$name.log
root_setup
if root_enter --kernel "$(kernel_tree "$kernel")" \
  "$RIG_TOP/tests/shapes/build-shape.sh" "$name" "$(kernel_headers "$kernel")" >"$log" 2>&1 </dev/null; then
  echo '1 passed, 0 failed'
else
  sed --quiet 's/^shape: /not ok - /p' "$log"
  echo '0 passed, 1 failed'
  exit 1
fi
