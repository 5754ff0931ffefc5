# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# long: trixie
# minutes: 5
#
# GPUs for KVM guests as an operator gives them, with the packages and what Debian has:
# by libvirt, by QEMU, and on hosts that are broken.

# shellcheck source-path=SCRIPTDIR source=lib/packages.sh
. "$SYSTEM_TESTS/lib/packages.sh"

# The kernel and the initrd of guests that tests/abi has, too.
share_guest() {
  local name file
  name=$(system_kernel "$SYSTEM")
  build_kernel "$name"
  build_guest "$name"
  mkdir "$SYSTEM_SHARE/guest"
  for file in kernel initrd; do
    root_enter cpio --extract --quiet --to-stdout "rig/guest/$file" <"$(build_path "$name")/guest.cpio" >"$SYSTEM_SHARE/guest/$file"
  done
}

installed_disk guest
SCENARIO=$SYSTEM_TESTS/guests.conf
cp "$SCENARIO" "$SYSTEM_SHARE/scenario"
cp "$RIG_TOP/docs/operating.md" "$SYSTEM_SHARE/"
share_greedy "$(system_kernel "$SYSTEM")"
share_guest
# The least that is emulated: KVM of this kernel does not ask for more.
: "${RIG_CPU:=neoverse-n1}"
boot guest guest
