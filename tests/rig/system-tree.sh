#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# system-tree.sh before TREE: what has to be in a real system before any package is
# system-tree.sh install TREE PACKAGE... -- DPKG-OPTION...
# system-tree.sh initrd TREE RELEASE: makes it, once
# system-tree.sh after TREE:  what makes of it a machine of the rig: its name, the
#                             service that runs phases, nothing of this machine
# Runs inside the root; install and initrd as hooks of mmdebstrap.

set -euo pipefail

what=$1 tree=$2
shift 2
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

# With the root's own dpkg: only maintainer scripts run in the tree, and so in emulation.
install_packages() {
  local packages=() options=() modules option
  while [ "$1" != -- ]; do
    packages+=("$1")
    shift
  done
  shift
  mapfile -t modules < <(sed '/^#/d' "$here/modules.cfg")
  for option in "root=$tree" "$@" "${modules[@]}"; do
    options+=(--option "DPkg::Options::=--$option")
  done
  # Or packages of all architectures would be the root's to it; older dpkg do not write that.
  echo arm64 >"$tree/var/lib/dpkg/arch-native"
  # The kernel's own scripts would make an initrd before there is a compressor for it.
  INITRD=No APT_CONFIG=$MMDEBSTRAP_APT_CONFIG apt-get --yes --option DPkg::Chroot-Directory=/ "${options[@]}" install "${packages[@]}"
}

initrd() {
  chroot "$tree" update-initramfs -c -k "$1"
}

# want UNIT TARGET
want() {
  mkdir --parents "$tree/etc/systemd/system/$2.wants"
  ln --symbolic "../$1" "$tree/etc/systemd/system/$2.wants/$1"
}

after() {
  local unit
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
  for unit in apt-daily apt-daily-upgrade dpkg-db-backup e2scrub_all fstrim logrotate; do
    ln --symbolic /dev/null "$tree/etc/systemd/system/$unit.timer"
  done
  # A phase that wants libvirt starts it.
  rm --force "$tree"/etc/systemd/system/*.wants/{libvirt,virt}*

  put 644 ccache.conf etc/ccache.conf

  # Or the first boot rebuilds caches that nothing here reads.
  touch --reference="$tree/usr" "$tree/etc/.updated" "$tree/var/.updated"
}

case $what in
  before) before ;;
  install) install_packages "$@" ;;
  initrd) initrd "$@" ;;
  after) after ;;
esac
