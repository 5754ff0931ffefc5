#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# enter-root.sh ROOT WRITABLE KERNEL-TREE COMMAND...: the far side of root_enter.
# Runs in mount and process namespaces of its own, so whatever is mounted or
# started here goes away with it, however it ends.
# RIG_HERE is a folder to do that in, instead of the project's.
# KERNEL-TREE (or -) is an unpacked kernel; its headers appear where its distribution puts
# them, because their Makefiles name each other by absolute path. Only Debian's have
# linux-kbuild.

set -euo pipefail

root=$1 cache=$2 tree=$3
shift 3
top=$(cd "$(dirname "$0")/../.." && pwd)

bind() {
  mkdir --parents "$root$2"
  mount --bind "$1" "$root$2"
}

mount --types proc proc "$root/proc"
mount --rbind /dev "$root/dev"
# Of its own: what runs in the root at the same time does not see it.
mount --types tmpfs tmpfs "$root/tmp"
mount --types tmpfs tmpfs "$root/var/tmp"

# The project and the cache have the same paths inside and out, so that messages
# and logs make sense in both. The project cannot be written to from inside.
bind "$top" "$top"
mount --options remount,bind,ro "$root$top"
bind "$cache" "$cache"

if [ "$tree" != - ]; then
  for folder in "$tree"/usr/src/* "$tree"/usr/lib/linux-kbuild-*; do
    [ ! -d "$folder" ] || bind "$folder" "${folder#"$tree"}"
  done
fi

here=$top
if [ -n "${RIG_HERE:-}" ]; then
  here=$RIG_HERE
  bind "$here" "$here"
fi
cd "$here"
exec chroot "$root" /usr/bin/env --chdir="$here" -- "$@"
