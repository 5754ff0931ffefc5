# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What the tests with guests share, on the host's side.

# The kernel and the initrd of guests that tests/abi has, too; and the guide.
share_guest() {
  local name file
  name=$(system_kernel "$SYSTEM")
  build_kernel "$name"
  build_guest "$name"
  mkdir "$SYSTEM_SHARE/guest"
  for file in kernel initrd; do
    root_enter cpio --extract --quiet --to-stdout "rig/guest/$file" <"$(build_path "$name")/guest.cpio" >"$SYSTEM_SHARE/guest/$file"
  done
  cp "$RIG_TOP/docs/operating.md" "$SYSTEM_SHARE/"
}

# The least that is emulated: KVM of this kernel does not ask for more.
: "${RIG_CPU:=neoverse-n1}"
