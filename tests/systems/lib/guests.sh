# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What tests that start guests share, on the host's side.

# share_guest KERNEL-NAME: that kernel and the initrd of guests that tests/abi has, too; and the
# operator's guide, whose lines are run.
share_guest() {
  local file
  build_kernel "$1"
  build_guest "$1"
  mkdir "$SYSTEM_SHARE/guest"
  for file in kernel initrd; do
    root_enter cpio --extract --quiet --to-stdout "rig/guest/$file" <"$(build_path "$1")/guest.cpio" >"$SYSTEM_SHARE/guest/$file"
  done
  cp "$RIG_TOP/docs/operating.md" "$SYSTEM_SHARE/"
}
