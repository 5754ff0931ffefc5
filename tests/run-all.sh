#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make test: the quick checks and the tests of the tool, inside the rig's root where all
# their tools are, what bad input gets from the rig, packages and repositories, shapes of
# other kernels, the matrix of virtual hosts, and packages on real systems. The last line
# adds them up: "N passed, N failed".

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/rig/lib.sh"
# shellcheck source-path=SCRIPTDIR
. "$RIG_TOP/tests/parts.sh"
# shellcheck source-path=SCRIPTDIR/rig
. "$RIG_DIR/kernel.sh"

rig_need_root
rig_need_cache

# Beside parts that leave a core idle; the last of the list first, which is built and
# takes longest. What cannot be had is missed where it is needed.
fetch_kernels() {
  local name
  for name in $(kernel_names yes | tac); do
    setpriv --pdeathsig TERM "$RIG_DIR/rig" kernel "$name" >/dev/null || true
  done
}

"$RIG_DIR/rig" sources >/dev/null
fetch_kernels &
part check "$RIG_DIR/rig" run tests/check.sh
"$RIG_DIR/rig" suite nova >/dev/null
part tool "$RIG_DIR/rig" run tests/tool/check.sh
part rig-errors "$RIG_TOP/tests/rig-errors.sh"
part packages "$RIG_TOP/tests/run-packages-native.sh"
# What the driver was built for: a yes or no for each kernel and feature.
features() {
  local name
  for name in $(kernel_names yes); do
    "$RIG_DIR/rig" features "$name" >"$RIG_CACHE/logs/features-$name.log"
    printf 'features of %s: %s\n' "$name" \
      "$(awk '{ printf "%s%s=%s", sep, $1, $2; sep = " " }' "$RIG_CACHE/logs/features-$name.log")"
  done
}

wait
features
# Making a system takes one core; what cannot be made is missed where it is needed.
setpriv --pdeathsig TERM "$RIG_TOP/tests/run-systems.sh" --make >/dev/null &
part shapes "$RIG_TOP/tests/run-shapes.sh"
part matrix "$RIG_TOP/tests/run-matrix.sh" "$@"
wait
part systems "$RIG_TOP/tests/run-systems.sh"
parts_done
