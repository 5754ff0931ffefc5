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
tap_check "disk full while the root is made" refused 'disk .* is full' \
  with_cache on_disk 64 env RIG_SPACE_CHECK=no "$rig" setup
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
