#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# system-files.sh before TREE: what has to be in a real system before any package is
# system-files.sh after TREE:  what makes of it a machine of the rig: its name, the
#                              service that runs phases, nothing of this machine
# Runs inside the root.

set -euo pipefail

tree=$2
here=$(cd "$(dirname "$0")" && pwd)/system

put() {
  local mode=$1 file=$2 path=$3
  install -D --mode="$mode" "$here/$file" "$tree/$path"
}

before() {
  put 644 modules.cfg etc/dpkg/dpkg.cfg.d/rig-modules
  put 644 initramfs.conf etc/initramfs-tools/conf.d/rig
  put 755 initramfs-hook etc/initramfs-tools/hooks/rig
}

# want UNIT TARGET
want() {
  mkdir --parents "$tree/etc/systemd/system/$2.wants"
  ln --symbolic "../$1" "$tree/etc/systemd/system/$2.wants/$1"
}

after() {
  local unit compiler
  # mmdebstrap's own settings: the mirror, the proxy and what it left out
  rm --force "$tree"/etc/apt/apt.conf.d/99mmdebstrap "$tree"/etc/dpkg/dpkg.cfg.d/99mmdebstrap \
    "$tree"/etc/apt/sources.list "$tree"/etc/resolv.conf
  echo grace >"$tree/etc/hostname"
  echo 127.0.0.1 localhost grace >"$tree/etc/hosts"
  echo 0123456789abcdef0123456789abcdef >"$tree/etc/machine-id"
  : >"$tree/etc/fstab"

  put 755 run-phase usr/local/lib/rig/run-phase
  put 644 serial-getty.conf etc/systemd/system/serial-getty@ttyAMA0.service.d/rig.conf
  for unit in rig.service rig.mount rig-ccache.mount; do
    put 644 "$unit" "etc/systemd/system/$unit"
  done
  want rig.service multi-user.target
  mkdir --parents "$tree/rig" "$tree/var/lib/rig"
  (cd "$tree/boot" && stat --format='%n %s %Y' vmlinuz-* initrd.img-*) | sort >"$tree/var/lib/rig/boot"

  # They would hold apt's locks, or the disk, just when a phase needs them.
  for unit in apt-daily apt-daily-upgrade dpkg-db-backup e2scrub_all fstrim; do
    ln --symbolic /dev/null "$tree/etc/systemd/system/$unit.timer"
  done

  # DKMS names the compiler as the kernel does; these come first in every PATH.
  mkdir --parents "$tree/usr/local/bin"
  for compiler in "$tree"/usr/bin/{,aarch64-linux-gnu-}gcc{,-[0-9]*}; do
    if [ -e "$compiler" ] || [ -L "$compiler" ]; then
      ln --symbolic --force /usr/bin/ccache "$tree/usr/local/bin/${compiler##*/}"
    fi
  done
  put 644 ccache.conf etc/ccache.conf

  # Or the first boot rebuilds caches that nothing here reads.
  touch --reference="$tree/usr" "$tree/etc/.updated" "$tree/var/.updated"
}

"$1"
