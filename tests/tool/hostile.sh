#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What a hostile user, a broken disk or a stranger's tree puts before the tool: it neither
# crashes nor waits nor leaves its tree nor believes a name. Prints TAP.
#
# hostile.sh TOOL PLAIN: the tool, built with sanitizers; and without.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/tool.sh"
plain=${2:?the path of the tool without sanitizers}

# check NAME CHANGE COMMAND...: in a good host after CHANGE, a function.
check() {
  local name=$1 change=$2
  shift 2
  tree_new hostile
  "$change"
  tap_check "$name" "$@"
}
nothing() { :; }

# ends ARGUMENT...: by itself, soon, with nothing that a sanitizer has to say.
ends() {
  local status=0
  timeout 20 "$tool" --root "$tree" "$@" >"$scratch/out" 2>&1 </dev/null || status=$?
  if [ "$status" -gt 2 ] || grep --quiet 'Sanitizer\|runtime error' "$scratch/out"; then
    echo "$* ended with $status"
    cat "$scratch/out"
    return 1
  fi
  ! LC_ALL=C grep --line-number '[^[:print:]]' "$scratch/out"
}
all_end() { ends list && ends list --json && ends status --json && ends doctor && ends status; }

# --- names of PCI functions

names=usr/share/misc/pci.ids
audio() { pci_add 0009:01:00.1 0x10de "${1:-0x22bb}" 0x040300 12; }
# named TEXT: status ends, and calls the other function so.
named() { all_end && says "with 0009:01:00.1 $1, driver none"; }
check "names: in the database" audio named "NVIDIA Corporation Test audio"
unknown_device() { audio 0x22ff; }
check "names: an unknown device" unknown_device named "NVIDIA Corporation Device 22ff"
unknown_vendor() { pci_add 0009:01:00.1 0x1eed 0x0001 0x040300 12; }
check "names: an unknown vendor" unknown_vendor named "Device 1eed:0001"
no_names() { audio; rm "$tree/$names"; }
check "names: no database" no_names named "Device 10de:22bb"
no_vendor() { audio; : >"$tree/sys/bus/pci/devices/0009:01:00.1/vendor"; }
check "names: a function without vendor" no_vendor named "Device 0000:22bb"
names_fifo() { no_names; mkfifo "$tree/$names"; }
check "names: a FIFO" names_fifo named "Device 10de:22bb"
names_zero() { no_names; mknod "$tree/$names" c 1 5; }
check "names: an endless device" names_zero named "Device 10de:22bb"
names_bad() { audio; printf 'zzz\n\n\t\n#\n10\n10de\n\t22bb\n10de  N\n# 10de\n\tx\n\t\t22bb  sub\n\t22bb  D' >"$tree/$names"; }
check "names: lines that are none" names_bad named "N D"
names_outside() { no_names; printf '10de  OUTSIDE\n' >"$scratch/outside.ids"; ln --symbolic "$scratch/outside.ids" "$tree/$names"; }
check "names: a link that leads out" names_outside named "Device 10de:22bb"
names_long() { audio; printf '10de  %s\n\t22bb  \xff\xfe\e[31m%%s%%n\n' "$(head --bytes=5000 /dev/zero | tr '\0' A)" >"$tree/$names"; }
check "names: long, and not printable" names_long named "$(printf 'A%.0s' {1..128}) ???[31m%s%n"
names_nul() { audio; head --bytes=300000 /dev/zero >"$tree/$names"; }
check "names: zeroes" names_nul named "Device 10de:22bb"

# --- who has it open

numbers() {
  put sys/class/vfio/12/dev 243:12
  put dev/vfio/12 243:12
  put "sys/bus/pci/devices/$GPU/vfio-dev/vfio0/dev" 511:0
  put "sys/bus/pci/devices/$GPU/resource0" ""
}
# opens FILE: process 4711 has it open.
opens() { numbers; process 4711 someone "$1"; }
is_user() { ends status && says "4711 (someone): $1" && ends status --json && says '"in_use": true'; }
is_no_user() { ends status && says 'open in          no process' && ends doctor && says "$GPU: nobody has it open" && ! grep '4711' "$scratch/out"; }
by_group() { opens /dev/vfio/12; }
check "users: by the group's number" by_group is_user /dev/vfio/12
# As in a container that has the device under a name of its own.
by_other_name() { opens /dev/mine; put dev/mine 511:0; }
check "users: by the device's number, whatever it is called" by_other_name is_user /dev/vfio/devices/vfio0
by_node() { numbers; mknod "$tree/dev/node" c 243 12; process 4711 someone /dev/node; }
check "users: by a device node" by_node is_user /dev/vfio/12
by_resource() { opens "/sys/devices/pci0009:00/$GPU/resource0"; }
check "users: by a BAR in sysfs" by_resource is_user "/sys/devices/pci0009:00/$GPU/resource0"
named_like_it() { opens "/srv/someone/$GPU/resource0"; put "srv/someone/$GPU/resource0" ""; }
check "users: a file that is named like a BAR" named_like_it is_no_user
wrong_number() { opens /dev/vfio/12; put dev/vfio/12 1:3; }
check "users: a file that is named like the group" wrong_number is_no_user
other_bar() { opens "/sys/devices/pci0009:00/0009:01:00.1/resource0"; audio; put "sys/devices/pci0009:00/0009:01:00.1/resource0" ""; }
check "users: a BAR of another function" other_bar is_no_user
# nvidia_opens FILE NUMBER: what is called so is that device.
nvidia_opens() { pci_unbind "$GPU"; nvidia_has "$GPU" 3; process 4711 someone "$1"; put "${1#/}" "$2"; }
nvidia_other_name() { nvidia_opens /dev/dri-of-a-container 195:3; }
check "users: by nvidia's number, whatever it is called" nvidia_other_name is_user /dev/nvidia3
nvidia_named() { nvidia_opens /dev/nvidia3 1:3; }
check "users: a file that is named like nvidia's" nvidia_named is_no_user
nvidia_second() { nvidia_opens /dev/nvidia4 195:4; }
check "users: another GPU of nvidia's" nvidia_second is_no_user
hidden_process() { opens /dev/vfio/12; rm --recursive "$tree/proc/4711/fd"; put proc/4711/fd ""; }
is_unknown() { ends status && says 'open in          not known: 1 processes cannot be looked at' && ends status --json && says '"in_use": null'; }
check "users: who cannot be looked at is not nobody" hidden_process is_unknown

# live_new: $tree is to be the root of a live system, for $plain.
live_new() {
  tree_new live
  live_tool "$plain"
  rm "$tree/dev/kvm"
  numbers
}
live() { timeout 20 chroot "$tree" /bin/nvgrace-gpu "$@" >"$scratch/out" 2>&1; }
live_users() {
  live_new
  mkdir --parents "$tree/srv/$GPU"
  mknod "$tree/srv/anything" c 243 12
  touch "$tree/srv/$GPU/resource0" "$tree/srv/12"
  process 4711 real /srv/anything
  process 4712 bar "/sys/devices/pci0009:00/$GPU/resource0"
  process 4713 "fake" "/srv/$GPU/resource0"
  process 4714 "fake" /srv/12
  live status && says '4711 (real): /dev/vfio/12' "4712 (bar): /sys/devices/pci0009:00/$GPU/resource0" && ! grep 'fake' "$scratch/out"
}
tap_check "users, live: by number, not by name" live_users
# A FIFO in its place tells: who waits in open() for a writer goes on when somebody opens it.
opens_no_group() {
  live_new
  rm "$tree/dev/vfio/12"
  mkfifo "$tree/dev/vfio/12" "$tree/dev/vfio/other"
  local what waiter
  for what in status "list --json" doctor; do
    timeout 20 cat "$tree/dev/vfio/12" &
    waiter=$!
    sleep 0.2
    # shellcheck disable=SC2086 # words
    live $what || true
    sleep 0.2
    kill "$waiter" || { echo "$what has opened it"; return 1; }
    wait "$waiter" || true
  done
}
tap_check "users, live: reading does not open the group" opens_no_group

# --- the tree and its place

# same_as_here ROOT: doctor says the same.
same_as_here() {
  ends doctor && cp "$scratch/out" "$scratch/here"
  (cd "$scratch/trees" && timeout 20 "$tool" --root "$1" doctor) | diff "$scratch/here" -
}
check "--root: relative" nothing same_as_here hostile
check "--root: relative, by dots" nothing same_as_here ./../trees/hostile
check "--root: with slashes at the end" nothing same_as_here "$scratch/trees/hostile//"
link_to_root() { ln --symbolic --force --no-target-directory hostile "$scratch/trees/link"; }
check "--root: a link" link_to_root same_as_here link
long_root() {
  deep=$scratch/trees
  while [ ${#deep} -lt "$1" ]; do deep=$deep/$(printf 'a%.0s' {1..100}); done
  mkdir --parents "${deep%/*}"
  cp --archive "$tree" "$deep"
  same_as_here "$deep"
  rm --recursive "$scratch/trees/$(printf 'a%.0s' {1..100})"
}
check "--root: as long as a path in the tree may be" nothing long_root 512
check "--root: longer" nothing long_root 1200
check "--root: as long as Linux lets it be" nothing long_root 3600

no_device_is_read() {
  local file=$tree/sys/class/dmi/id/product_name
  rm "$file" "$tree/dev/kmsg" "$tree/dev/kvm"
  mknod "$file" c 1 5
  mknod "$tree/dev/kmsg" c 1 11
  mknod "$tree/dev/kvm" c 10 232
  all_end && ends doctor && says 'Architecture: aarch64' '/dev/kvm cannot be opened: No such device or address'
}
check "tree: devices in it are not opened" nothing no_device_is_read
fifos() { rm "$tree/dev/kmsg" "$tree/run/udev/data/+pci:$GPU"; mkfifo "$tree/dev/kmsg" "$tree/run/udev/data/+pci:$GPU"; }
check "tree: FIFOs are not waited for" fifos all_end
is_only_read() {
  local device=$tree/sys/devices/pci0009:00/$GPU
  echo outside >"$scratch/outside"
  ln --symbolic --force "$scratch/outside" "$device/driver_override"
  (cd "$tree" && find . -type f -exec cksum {} + | sort) >"$scratch/before"
  ! ends bind "$GPU" --to vfio-pci --force || true
  ! ends unbind "$GPU" --force || true
  [ "$(cat "$scratch/outside")" = outside ] && (cd "$tree" && find . -type f -exec cksum {} + | sort) | diff "$scratch/before" -
}
check "tree: it is only read" nothing is_only_read
hard_link() { echo outside >"$scratch/hard"; rm "$tree/sys/bus/pci/drivers/$DRIVER/unbind"; ln "$scratch/hard" "$tree/sys/bus/pci/drivers/$DRIVER/unbind"; }
not_through() { ends unbind "$GPU" || true; [ "$(cat "$scratch/hard")" = outside ]; }
check "tree: nor through a hard link" hard_link not_through

# --- depmod's lists and modules

list=lib/modules/$RELEASE/modules.dep
cut_lists() {
  local length size file
  for file in "$tree/$list" "$tree/$list.bin"; do
    size=$(stat --format=%s "$file")
    cp "$file" "$scratch/whole"
    for ((length = 0; length < size; length += 13)); do
      head --bytes="$length" "$scratch/whole" >"$file"
      (ulimit -t 5 && ends doctor) || return 1
      [ "$file" != "$tree/$list" ] || grep --quiet "modules of kernel\|cannot be looked at\|Driver's module: kernel" "$scratch/out" || { cat "$scratch/out"; return 1; }
    done
    cp "$scratch/whole" "$file"
  done
}
check "modules: lists cut short" nothing cut_lists
part_of_list() { head --bytes=-3 "$tree/$list" >"$scratch/part"; cp "$scratch/part" "$tree/$list"; }
knows_no_modules() { ends doctor && says "the modules of kernel $RELEASE cannot be looked at" && ! grep 'there is no module' "$scratch/out"; }
check "modules: of a part of the list nothing is concluded" part_of_list knows_no_modules
zeroes_in_list() { head --bytes=4096 /dev/zero >>"$tree/$list"; echo >>"$tree/$list"; }
check "modules: a list that ends in zeroes" zeroes_in_list knows_no_modules
long_line() { { head --bytes=3000000 /dev/zero | tr '\0' /; echo ".ko:"; } >>"$tree/$list"; }
check "modules: an endless line" long_line all_end
module_fifo() { rm "$tree/lib/modules/$RELEASE/updates/dkms/$MODULE.ko"; mkfifo "$tree/lib/modules/$RELEASE/updates/dkms/$MODULE.ko"; }
check "modules: a FIFO for a module" module_fifo all_end
module_garbage() { { printf '\177ELF\2\1\1'; head --bytes=3000 /dev/urandom; } >"$tree/lib/modules/$RELEASE/updates/dkms/$MODULE.ko"; }
check "modules: garbage for a module" module_garbage all_end
module_outside() { cp "$tree/lib/modules/$RELEASE/updates/dkms/$MODULE.ko" "$scratch/m.ko"; ln --symbolic --force "$scratch/m.ko" "$tree/lib/modules/$RELEASE/updates/dkms/$MODULE.ko"; }
reads_no_module_outside() { ends doctor && says "version unknown in /lib/modules/$RELEASE/updates/dkms/$MODULE.ko"; }
check "modules: a link that leads out" module_outside reads_no_module_outside

# --- programs that are asked for their version

# program TEXT: QEMU is a script.
program() {
  mkdir --parents "$scratch/bin"
  printf '#!/bin/bash\n%s\n' "$1" >"$scratch/bin/qemu-system-aarch64"
  chmod +x "$scratch/bin/qemu-system-aarch64"
  PATH=$scratch/bin:$PATH timeout 15 "$plain" doctor >"$scratch/out" 2>&1 || [ $? -le 2 ] || { echo "status $?"; return 1; }
}
# No process is left whose command line matches; the expression does not match itself.
is_ended() { sleep 0.2; ! grep --files-with-matches --text -e "$1" /proc/[0-9]*/cmdline 2>/dev/null; }
hangs() { program "sleep 31415" && says "QEMU: its version cannot be seen: Connection timed out" && is_ended '[3]1415'; }
tap_check "programs: one that does not end" hangs
ignores() { program "trap '' TERM HUP INT; (sleep 27182) & wait" && says "QEMU: its version cannot be seen: Connection timed out" && is_ended '[2]7182'; }
tap_check "programs: one that heeds no signal, and its child" ignores
floods() { program "yes 'no version' | tr -d '\n'" && says "QEMU: its version cannot be seen: Invalid argument"; }
tap_check "programs: one that does not stop to print" floods
lingers() { program "echo QEMU emulator version 10.0.2; sleep 16180" && says "QEMU: QEMU 10.0" && is_ended '[1]6180'; }
tap_check "programs: one that prints its version and does not end" lingers

# --- many GPUs, processes and files

many() {
  local domain bus bdf group=20
  for domain in 0009 0019 0029 0039; do
    for bus in 01 02 03 04; do
      bdf=$domain:$bus:00.0
      [ "$bdf" != "$GPU" ] || continue
      pci_add "$bdf" 0x10de 0x2941 0x030200 $((group++))
      pci_bind "$bdf" "$DRIVER"
    done
  done
  perl -e 'for $p (2000 .. 3499) {
    mkdir "$ARGV[0]/proc/$p"; mkdir "$ARGV[0]/proc/$p/fd";
    symlink($_ % 9 ? "/srv/file$_" : "/dev/null", "$ARGV[0]/proc/$p/fd/$_") for 0 .. 66
  }' "$tree"
}
under_a_second() {
  local TIMEFORMAT='%U %S' what
  for what in list status "list --json" doctor; do
    # shellcheck disable=SC2086 # words
    { time "$plain" --root "$tree" $what >/dev/null || true; } 2>"$scratch/time"
    echo "$what: $(cat "$scratch/time")"
    awk '{ exit !($1 + $2 < 1) }' "$scratch/time" || return 1
  done
}
check "16 GPUs and 100000 open files take less than a second" many under_a_second

tap_done
