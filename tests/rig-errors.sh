#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What the rig does with bad input, bad luck and interruptions: one clear sentence,
# a non-zero exit status, nothing left mounted or running. Prints TAP, and at the
# end "N passed, N failed". Needs root and the network.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/rig/lib.sh"
# shellcheck source-path=SCRIPTDIR
. "$RIG_TOP/tests/tap.sh"
# shellcheck source-path=SCRIPTDIR/rig
. "$RIG_DIR/kernel.sh"

rig_need_root
rig_need_cache
rig=$RIG_DIR/rig
kernel=$(kernel_names | head --lines=1)
scratch=$(mktemp --directory)
trap 'rm --recursive --force "$scratch"' EXIT
chmod 755 "$scratch"

# Every process of the rig has this in its environment, inside the root too.
export RIG_TEST_MARK=$$.$RANDOM

"$rig" build "$kernel" >/dev/null

# The rig's own processes that are running now.
running() {
  local process
  for process in /proc/[0-9]*; do
    # Processes come and go while this looks.
    {
      grep --quiet --null-data --line-regexp "RIG_TEST_MARK=$RIG_TEST_MARK" "$process/environ" &&
        grep --quiet --null-data --extended-regexp '(^|/)(rig|qemu-system-aarch64|mmdebstrap|enter-root\.sh|apt-get|make)$' "$process/cmdline" &&
        tr '\0' ' ' <"$process/cmdline" && echo
    } 2>/dev/null || true
  done
}

nothing_runs() {
  local processes
  for _ in {1..600}; do
    processes=$(running)
    [ -n "$processes" ] || return 0
    sleep 0.1
  done
  printf 'still running: %s\n' "$processes"
  return 1
}

# leaves_nothing COMMAND...: gives its status; it must leave the mounts as they were.
leaves_nothing() {
  local status=0
  sort /proc/mounts >"$scratch/mounts.before"
  "$@" >"$scratch/stdout" 2>"$scratch/stderr" </dev/null || status=$?
  sort /proc/mounts >"$scratch/mounts.after"
  cat "$scratch/stderr"
  diff "$scratch/mounts.before" "$scratch/mounts.after" || return 99
  nothing_runs || return 99
  return "$status"
}

# refused SENTENCE COMMAND...: fails, with one error that has SENTENCE (an extended
# regular expression) in it, and says nothing but the rig's own progress besides.
refused() {
  local sentence=$1 status=0
  shift
  leaves_nothing "$@" || status=$?
  [ "$status" -ne 0 ] || { echo "it did not fail"; return 1; }
  [ "$status" -ne 99 ] || return 1
  [ "$(grep --count '^rig: error: ' "$scratch/stderr")" -eq 1 ] || { echo "not one error"; return 1; }
  ! grep --invert-match '^rig: ' "$scratch/stderr" || { echo "more than the rig's own words"; return 1; }
  grep --quiet --extended-regexp "^rig: error: .*($sentence)" "$scratch/stderr" || { echo "not what was expected: $sentence"; return 1; }
}

# cache_with PART...: a cache of its own, that shares the root or has a copy of the packages.
cache_with() {
  local part
  rm --recursive --force "$scratch/cache"
  mkdir "$scratch/cache"
  for part; do
    case $part in
      root) ln --symbolic "$RIG_CACHE/root" "$scratch/cache/root" ;;
      packages)
        mkdir --parents "$scratch/cache/kernels/$kernel"
        cp --recursive "$RIG_CACHE/kernels/$kernel/debs" "$scratch/cache/kernels/$kernel/debs"
        ;;
    esac
  done
}

with_cache() {
  RIG_CACHE=$scratch/cache "$@"
}

offline() {
  unshare --net "$@"
}

# on_disk MIB COMMAND...: the cache is a disk of that size, with the main root.
on_disk() {
  local size=$1
  shift
  # shellcheck disable=SC2016 # expanded by the inner shell
  unshare --mount --propagation private bash -c '
    set -e
    mount --types tmpfs --options "size=$1M" tmpfs "$2"
    [ -z "$3" ] || ln --symbolic "$3" "$2/root"
    shift 3
    "$@"' bash "$size" "$scratch/cache" "${share_root:-}" "$@"
}

truncate_package() {
  local package
  package=$(find "$scratch/cache/kernels/$kernel/debs" -name 'linux-kbuild-*.deb')
  truncate --size=100000 "$package"
}

no_half_kernel() {
  [ ! -e "$scratch/cache/kernels/$kernel/tree" ] || { echo "there is a tree"; return 1; }
}

# --- names and privilege

tap_check "unknown subcommand" refused "no subcommand 'fly'" "$rig" fly
tap_check "unknown kernel" refused "no kernel 'nosuch'.*known ones are: .*$kernel" "$rig" kernel nosuch
tap_check "unknown kernel to boot" refused "no kernel 'nosuch'.*known ones are: .*$kernel" "$rig" boot nosuch demo
tap_check "unknown kernel in the matrix" refused "no kernel 'nosuch'" "$RIG_TOP/tests/run-matrix.sh" --kernel nosuch
tap_check "unknown scenario" refused "no scenario 'nosuch'.*known ones are: .*demo" "$rig" boot "$kernel" nosuch
tap_check "a scenario file that does not exist" refused "no scenario file ./nosuch.conf" "$rig" boot "$kernel" ./nosuch.conf
tap_check "unknown scenario in the matrix" refused "no scenario 'nosuch'" "$RIG_TOP/tests/run-matrix.sh" --scenario nosuch

# The project may be where other users cannot read it.
mkdir --parents "$scratch/project/tests"
cp --recursive "$RIG_DIR" "$scratch/project/tests/rig"
tap_check "not root" refused 'needs root.*sudo' \
  setpriv --reuid=65534 --regid=65534 --clear-groups "$scratch/project/tests/rig/rig" setup

# --- kernels from a folder

folder=$scratch/kernel
cache_with root

# source_folder, packages_folder: the least that is taken for one.
source_folder() {
  rm --recursive --force "$folder"
  mkdir --parents "$folder/init" "$folder/arch/arm64"
  touch "$folder/init/main.c"
  printf '%s\n' 'VERSION = 6' 'PATCHLEVEL = 99' 'SUBLEVEL = 1' 'EXTRAVERSION =' >"$folder/Makefile"
}
packages_folder() {
  rm --recursive --force "$folder"
  mkdir --parents "$folder/lib/modules/6.99.1" "$folder/boot" "$folder/usr/src/kernels/6.99.1/include/generated"
  touch "$folder/boot/vmlinuz-6.99.1"
  echo '#define UTS_RELEASE "6.99.1"' >"$folder/usr/src/kernels/6.99.1/include/generated/utsrelease.h"
}

add() {
  with_cache "$rig" kernel-add "$@"
}

# left_as_it_was COMMAND...: it succeeds and writes nothing in the folder.
left_as_it_was() {
  local before
  before=$(find "$folder" -printf '%p %T@ %s\n' | sort)
  leaves_nothing "$@" || return 1
  [ "$before" = "$(find "$folder" -printf '%p %T@ %s\n' | sort)" ] || { echo "the folder has changed"; return 1; }
}
is_listed() {
  grep --quiet --extended-regexp "^kernels: .* $1( |\$)" <<<"$(with_cache "$rig" list)"
}
not_listed() {
  ! is_listed "$1"
}

not_built_from() {
  local status=0
  leaves_nothing "$@" >/dev/null || status=$?
  [ "$status" -ne 0 ] && [ "$status" -ne 99 ] && grep '^rig: error: building kernel own failed' "$scratch/stderr"
}

mkdir "$folder" "$scratch/a b"
tap_check "a kernel from no folder" refused 'no folder .*/nosuch' add own "$scratch/nosuch"
tap_check "a kernel from an empty folder" refused 'is no kernel: ' add own "$folder"
tap_check "trying no folder" refused 'no folder .*/nosuch' with_cache "$rig" try "$scratch/nosuch"
tap_check "trying an empty folder" refused 'is no kernel: ' with_cache "$rig" try "$folder"
source_folder
cp --recursive "$folder/." "$scratch/a b"
tap_check "a kernel from a folder with a space" refused 'space in a path' add own "$scratch/a b"
tap_check "a kernel's name that kernels.list has" refused "kernels.list has a kernel '$kernel'" add "$kernel" "$folder"
tap_check "a kernel's name that is none" refused "'a/b' cannot be the name" add a/b "$folder"
tap_check "an unknown configuration" refused "no configuration 'base'; the known ones are: 4k .*own" add own "$folder" --config base
tap_check "a configuration without a name" refused '--config needs' add own "$folder" --config
tap_check "a folder without a configuration of its own" refused 'no .config of its own' add own "$folder" --config own
tap_check "none of these was added" not_listed own
tap_check "a kernel's source is added" left_as_it_was add own "$folder"
tap_check "a kernel's source is added: it is listed" is_listed own
tap_check "the same again" left_as_it_was add own "$folder"
tap_check "a name that another one has" refused "there is a kernel 'own', of .*kernel-remove own" add own "$folder" --config 64k
tap_check "a source that cannot be built" not_built_from with_cache "$rig" kernel own
rm --recursive "$folder"
tap_check "a folder that went away" refused 'folder of kernel own, .*, is not there.*kernel-remove own' with_cache "$rig" kernel own
tap_check "a kernel is forgotten" leaves_nothing with_cache "$rig" kernel-remove own
tap_check "a kernel is forgotten: it is not listed" not_listed own
tap_check "an unknown kernel is forgotten" refused "no kernel 'own'" with_cache "$rig" kernel-remove own
tap_check "a kernel of kernels.list is forgotten" refused "is one of kernels.list" with_cache "$rig" kernel-remove "$kernel"
packages_folder
tap_check "a configuration for packages" refused 'leave out --config' add own "$folder" --config 4k
mkdir "$folder/lib/modules/6.99.2"
tap_check "packages of two kernels" refused 'several kernels \(6.99.1 6.99.2\)' add own "$folder"
packages_folder
rm "$folder/boot/vmlinuz-6.99.1"
tap_check "packages without the image" refused 'no kernel image, as boot/vmlinuz-6.99.1' add own "$folder"
packages_folder
rm --recursive "${folder:?}/usr"
tap_check "packages without the headers" refused 'no headers .*usr/src/kernels/6.99.1' add own "$folder"
packages_folder
tap_check "packages of a kernel are added" left_as_it_was add own "$folder"
tap_check "headers that are not whole" refused 'do not contain .*/.config' with_cache "$rig" kernel own

# --- what a scenario needs

printf '%s\n' 'about a host that no kernel can be' 'needs CONFIG_PCI CONFIG_NO_SUCH' gpu 'run demo' >"$scratch/needs.conf"
tap_check "a scenario that needs what the kernel does not have" refused 'needs CONFIG_NO_SUCH, which kernel' \
  "$rig" boot "$kernel" "$scratch/needs.conf"
# In the matrix it counts as failed, as it was asked for by both names.
needs_in_matrix() {
  local status=0
  leaves_nothing "$RIG_TOP/tests/run-matrix.sh" --kernel "$kernel" --scenario "$scratch/needs.conf" || status=$?
  cat "$scratch/stdout"
  [ "$status" -eq 1 ] && [ "$(tail --lines=1 "$scratch/stdout")" = "0 passed, 1 failed" ] &&
    grep --quiet 'not ok - rig: error: scenario .* needs CONFIG_NO_SUCH' "$scratch/stdout"
}
tap_check "the same in the matrix" needs_in_matrix
echo 'needs NO_SUCH' >>"$scratch/needs.conf"
tap_check "a scenario whose needs are no options" refused "needs.conf:5: what is needed are options" \
  "$rig" boot "$kernel" "$scratch/needs.conf"

# --- the network

cache_with
tap_check "no network, nothing in the cache" refused 'cannot be reached.*RIG_MIRROR' with_cache offline "$rig" setup
tap_check "no network, nothing in the cache: no half root" [ ! -e "$scratch/cache/root" ]
cache_with root
tap_check "no network, no kernel in the cache" refused 'cannot be reached.*RIG_MIRROR' with_cache offline "$rig" kernel "$kernel"
tap_check "no network, no kernel in the cache: no half kernel" no_half_kernel
tap_check "no network, all in the cache: not needed" leaves_nothing offline "$rig" build "$kernel"
cache_with
tap_check "a mirror that does not exist" refused 'cannot be reached.*RIG_MIRROR' \
  with_cache env RIG_MIRROR=http://localhost:9/debian "$rig" setup

# --- the disk

mkdir --parents "$scratch/cache"
share_root=''
tap_check "no room for the root" refused 'needs [0-9]+ MiB free' with_cache on_disk 8 "$rig" setup
# Room for the lists as they come: apt may wait for ever where one of those meets a full disk.
tap_check "disk full while the root is made" refused 'disk .* is full' \
  with_cache on_disk 160 env RIG_SPACE_CHECK=no "$rig" setup
share_root=$RIG_CACHE/root
tap_check "no room for a kernel" refused 'needs [0-9]+ MiB free' with_cache on_disk 8 "$rig" kernel "$kernel"
tap_check "disk full while a kernel is fetched" refused 'disk .* is full' \
  with_cache on_disk 48 env RIG_SPACE_CHECK=no "$rig" kernel "$kernel"
tap_check "disk full while a kernel is unpacked" refused 'disk .* is full' \
  with_cache on_disk 160 env RIG_SPACE_CHECK=no "$rig" kernel "$kernel"

# --- packages

cache_with root packages
truncate_package
tap_check "a truncated package is fetched again" leaves_nothing with_cache "$rig" kernel "$kernel"
rm --recursive --force "$scratch/cache/kernels/$kernel/tree"
truncate_package
tap_check "a truncated package, no network" refused 'linux-kbuild.* was damaged and could not be fetched again' \
  with_cache offline "$rig" kernel "$kernel"
tap_check "a truncated package, no network: no half kernel" no_half_kernel

cut_off() {
  local pid
  "$rig" kernel "$kernel" >/dev/null 2>&1 &
  pid=$!
  until [ -e "$scratch/cache/kernels/$kernel/tree.new/usr" ]; do
    kill -0 "$pid" || return 1
    sleep 0.1
  done
  kill -KILL "$pid"
  ! wait "$pid" || return 1
  no_half_kernel && nothing_runs
}
cache_with root packages
tap_check "killed while a kernel is unpacked: no half kernel" with_cache cut_off
tap_check "killed while a kernel is unpacked: all well the next time" leaves_nothing with_cache "$rig" kernel "$kernel"

# --- the virtual host

tap_check "QEMU does not know the CPU" refused "QEMU could not start.*nosuch" env RIG_CPU=nosuch "$rig" boot "$kernel" demo
tap_check "QEMU does not know an option" refused "QEMU could not start.*nosuch" \
  env RIG_QEMU_ARGS=-nosuch "$rig" boot "$kernel" demo

too_slow() {
  local status=0
  leaves_nothing env RIG_TIMEOUT=1 "$rig" boot "$kernel" demo || status=$?
  [ "$status" -ne 0 ] && [ "$status" -ne 99 ] && grep 'not ok - the virtual host was still running after 1 s' "$scratch/stdout"
}
tap_check "a host that takes too long is ended" too_slow

# The console is that of a person, who types when it is ready.
answers() {
  local pid status=0
  mkfifo "$scratch/keys"
  timeout 300 "$rig" shell "$kernel" demo <"$scratch/keys" >"$scratch/stdout" 2>&1 &
  pid=$!
  exec {keys}>"$scratch/keys"
  until grep --quiet 'virtual host is ready' "$scratch/stdout"; do
    kill -0 "$pid" || return 1
    sleep 0.1
  done
  # shellcheck disable=SC2016 # expanded in the virtual host
  printf 'echo $((6 * 7))\nexit\n' >&"$keys"
  wait "$pid" || status=$?
  exec {keys}>&-
  grep --quiet '^42' "$scratch/stdout" && nothing_runs && return "$status"
}
tap_check "a shell answers" answers

# --- what is not in the tree

example() {
  rm --recursive --force "$scratch/example"
  cp --recursive "$RIG_DIR/example" "$scratch"
}
example
own_scenario() {
  leaves_nothing "$rig" boot "$kernel" "$scratch/example/example.conf" || { cat "$scratch/stdout"; return 1; }
  [ "$(tail --lines=1 "$scratch/stdout")" = "4 passed, 0 failed" ]
}
tap_check "a scenario of one's own: its module and its program" own_scenario
rm --recursive "$scratch/example/hello"
tap_check "a module whose source does not exist" refused 'no folder .*/hello with the source' "$rig" boot "$kernel" "$scratch/example/example.conf"
example
echo '#error no' >>"$scratch/example/hello/hello.c"
not_built() {
  local status=0
  leaves_nothing "$rig" boot "$kernel" "$scratch/example/example.conf" >/dev/null || status=$?
  [ "$status" -ne 0 ] && [ "$status" -ne 99 ] && grep '^rig: error: building the module hello.* failed' "$scratch/stderr"
}
tap_check "a module that cannot be built" not_built

# interrupted SIGNAL: the signal arrives when QEMU runs.
interrupted() {
  local pid
  "$rig" boot "$kernel" demo >/dev/null 2>&1 &
  pid=$!
  until running | grep --quiet '^qemu-system-aarch64 '; do
    kill -0 "$pid" || return 1
    sleep 0.1
  done
  kill "-$1" "$pid"
  ! wait "$pid" || return 1
  nothing_runs
}
tap_check "interrupted by SIGTERM" interrupted TERM
tap_check "interrupted by SIGKILL" interrupted KILL

tap_done || true
printf '%d passed, %d failed\n' $((tap_count - tap_failures)) "$tap_failures"
[ "$tap_failures" -eq 0 ]
