#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# chosen.sh KERNEL: libvirt and NVIDIA's operator choose the driver of this package for its
# GPUs on that kernel, by what depmod makes of the kernel's modules and the driver that was
# built for it. Prints TAP, and "N passed, N failed". Runs inside the rig's root, where the
# driver has been built (rig build KERNEL).

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/packages.sh"
# shellcheck source-path=SCRIPTDIR/..
. "$top/tests/sections.sh"

kernel=${RIG_CACHE:?}/kernels/$1/tree
built=${RIG_WORK:-$RIG_CACHE}/build/$1/src/$package.ko
release=$(cat "$kernel/.rig-release")
ours=nvgrace_gpu_vfio_pci

# host NAME: the kernel's modules, and what is in updates/.
host() {
  local from=$kernel/usr/lib/modules/$release
  modules=$scratch/$1/lib/modules/$release
  mkdir --parents "$modules/updates/dkms"
  ln --symbolic "$from/kernel" "$modules"
  cp "$from"/modules.{order,builtin,builtin.modinfo} "$modules"
  [ "$1" != ours ] || cp "$built" "$modules/updates/dkms"
  depmod --basedir "$scratch/$1" "$release"
}

modalias() {
  echo "pci:v0000${1}d0000${2}sv000010DEsd000016EBbc03sc02i00"
}

# chosen DRIVER VENDOR DEVICE: in whatever order modules.alias has its lines.
chosen() {
  local order
  for order in cat tac; do
    "$order" "$modules/modules.alias" >"$scratch/alias"
    diff <(echo "$1") <("$top/tests/packages/chosen.py" "$scratch/alias" "$(modalias "$2" "$3")") || return 1
  done
}

ours_it_is() {
  modinfo --basedir "$scratch/ours" --set-version "$release" --field filename "$package" | grep --quiet "updates/dkms/$package.ko$"
}

choices() (
  # shellcheck source-path=SCRIPTDIR/..
  . "$top/tests/tap.sh"
  host ours
  tap_check "the driver has ids" test -n "$(driver_ids)"
  for id in $(driver_ids); do
    tap_check "$release: 10de:$id gets our driver" chosen "$ours" 10DE "$id"
  done
  tap_check "$release: and by that name modprobe finds ours" ours_it_is
  tap_check "$release: another GPU gets the kernel's vfio-pci" chosen vfio_pci 10DE 2330
  tap_check "$release: another vendor's device does, too" chosen vfio_pci 1234 2342
  host theirs
  theirs=vfio_pci
  [ -z "$(find "$modules/kernel/" -name "$package.ko*")" ] || theirs=$ours
  tap_check "$release: without us a GPU gets what the kernel has" chosen "$theirs" 10DE 2342
  tap_done
)
section "$1" choices
sections_done
