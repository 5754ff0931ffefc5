# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The two machines of fleet.sh: $controller, which has the programs of the root "fleet", and
# the host in $root, which it reaches by what it takes for ssh. Source packages.sh, native.sh
# and fake.sh first.

: "${top:?}" "${scratch:?}" "${package:?}" "${version:?}" "${RIG_CACHE:?}"
GPU=0009:01:00.0
controller=$scratch/controller
ours=$scratch/machine.ours

trap 'umount --lazy --recursive "$controller" "$scratch"/machine.*/root 2>/dev/null || true; rm --recursive --force --one-file-system "$scratch"' EXIT

fleet_make() {
  local fleet=$RIG_CACHE/suites/fleet
  native_under=/:$fleet native_machine 6.12.0-arm64
  : "${running:?}" "${root:?}"
  fake_kernel "$running"
  fleet_archive
  fleet_programs
  long_up 100000
  mkdir --parents "$controller" "$ours"/{upper,work}
  mount --types overlay --options "lowerdir=/:$fleet,upperdir=$ours/upper,workdir=$ours/work" overlay "$controller"
  mount --types proc proc "$controller/proc"
  mount --rbind /dev "$controller/dev"
  mount --types tmpfs tmpfs "$controller/tmp"
  mkdir --parents "$controller$top" "$controller/srv/host"
  mount --bind "$top" "$controller$top"
  mount --rbind "$root" "$controller/srv/host"
  # shellcheck disable=SC2016 # expanded there
  program "$controller/srv/ssh" 'for command; do :; done' 'exec chroot /srv/host env GNUPGHOME=/tmp ARCH=arm64 sh -c "$command"'
}

# program FILE LINE...
program() {
  rm --force "$1"
  { echo '#!/bin/sh' && printf '%s\n' "${@:2}"; } >"$1"
  chmod 755 "$1"
}

# What the host can install: the project's repository, and in another one what is not the
# project's, and doctor, which is the project's and looks at /srv/tree.
fleet_archive() {
  local key
  key=$(make_key one)
  build "$scratch/out" rpm >/dev/null
  build "$scratch/out" repo KEY="$key" URL=file:///srv/repo >/dev/null
  make --silent --directory="$top/tools" OUT="$scratch/tools"
  cp --recursive "$scratch/out/repo" "$root/srv"
  mkdir "$root/srv/archive" "$root/srv/changed"
  stand_in "linux-headers-$running"
  # shellcheck disable=SC2016 # expanded there
  stand_in nvgrace-gpu-tools "$scratch/tools/nvgrace-gpu" 'exec /usr/libexec/nvgrace-gpu --root /srv/tree "$@"'
  (cd "$root/srv/archive" && apt-ftparchive packages . >Packages)
  rm --force --recursive "$root/etc/apt/preferences" "$root"/etc/apt/sources.list*
  mkdir "$root/etc/apt/sources.list.d"
  echo 'deb [trusted=yes] file:/srv/archive ./' >"$root/etc/apt/sources.list"
}

# stand_in PACKAGE [PROGRAM LINE...]
stand_in() {
  local folder=$scratch/stand-in/$1
  mkdir --parents "$folder"/{DEBIAN,usr/bin,usr/libexec,usr/share}
  # Without a file of its own it would count as replaced by another.
  touch "$folder/usr/share/$1"
  printf '%s\n' "Package: $1" "Version: 99" "Architecture: all" "Maintainer: Nobody <nobody@packages.invalid>" "Description: for a test" \
    >"$folder/DEBIAN/control"
  if [ "$#" -gt 1 ]; then
    cp "$2" "$folder/usr/libexec/"
    program "$folder/usr/bin/nvgrace-gpu" "${@:3}"
  fi
  dpkg-deb --root-owner-group --build "$folder" "$root/srv/archive/$1.deb" >/dev/null
}

# What tells that it was run; a boot makes the host what is in /srv/booted.
fleet_programs() {
  rm --force "$root/usr/bin/dracut"
  program "$root/usr/sbin/update-initramfs" 'echo "$*" >>/srv/ran.update-initramfs'
  program "$root/usr/sbin/shutdown" 'echo "$*" >>/srv/ran.reboot' 'echo another-boot >/srv/boot_id' 'echo 1.00 1.00 >/srv/uptime' \
    'rm -r /srv/tree' 'cp -a /srv/booted /srv/tree'
  # Python asks the kernel, and not uname.
  cat >>"$(echo "$root"/etc/python3.*/sitecustomize.py)" <<EOF
import os
os.uname = lambda real=os.uname: os.uname_result([*real()[:2], "$running", *real()[3:]])
EOF
  echo first-boot >"$root/srv/boot_id"
  touch "$root/srv/uptime"
  mount --bind "$root/srv/boot_id" "$root/proc/sys/kernel/random/boot_id"
  mount --bind "$root/srv/uptime" "$root/proc/uptime"
}

# long_up SECONDS
long_up() {
  echo "$1.00 1.00" >"$root/srv/uptime"
}

# doctors_host now|booted CHANGE: what doctor sees, a good host after CHANGE, a function that
# uses those of the tool's tests.
doctors_host() (
  place=$root/srv/$1
  [ "$1" = booted ] || place=$root/srv/tree
  # shellcheck source-path=SCRIPTDIR/../tool
  . "$top/tests/tool/trees.sh"
  tree_new "$1"
  "$2"
  rm --recursive --force "$place"
  cp --archive "$tree" "$place"
)

in_controller() {
  chroot "$controller" env HOME=/root ANSIBLE_SSH_EXECUTABLE=/srv/ssh ANSIBLE_SSH_TRANSFER_METHOD=piped ANSIBLE_NOCOLOR=1 \
    ANSIBLE_PIPELINING=1 ANSIBLE_LOCALHOST_WARNING=False ANSIBLE_BECOME_METHOD=su ANSIBLE_PYTHON_INTERPRETER=auto_silent "$@"
}

# play STATUS [VARIABLES]: the role, as site.yml has it. What it prints is kept for said.
play() {
  local status=0
  rm --force "$root"/srv/ran.*
  in_controller ansible-playbook "$top/fleet/ansible/site.yml" --inventory grace, --extra-vars "$fleet_variables" \
    ${2:+--extra-vars "$2"} >"$scratch/said" 2>&1 || status=$?
  cat "$scratch/said"
  [ "$status" -eq "$1" ] || { echo "it ended with status $status, not $1"; return 1; }
}
fleet_variables='{"nvgrace_gpu_repository": "file:///srv/repo", "nvgrace_gpu_bind": {"0019:01:00.0": false, "10de:2941": true}}'

# changed NUMBER: of tasks.
changed() {
  said " changed=$1 "
}

# ran PROGRAM TIMES: in the last play.
ran() {
  local times=0
  [ ! -e "$root/srv/ran.$1" ] || times=$(grep --count '' "$root/srv/ran.$1")
  [ "$times" -eq "$2" ] || { echo "$1 ran $times times, not $2"; return 1; }
}

ran_package() {
  # shellcheck disable=SC2016 # dpkg's own
  native_run dpkg-query --show --showformat '${db:Status-Status}\n' "$1" | grep --line-regexp installed
}
