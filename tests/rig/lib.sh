# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What every part of the rig shares: where things are, messages, time, locks,
# disk space, and the one sentence that explains a failed step.
# Sourced by rig and by the runners above it.

set -euo pipefail

RIG_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
RIG_TOP=$(cd "$RIG_DIR/../.." && pwd)
: "${RIG_CACHE:=$RIG_TOP/.cache}"

# Progress goes to stderr: stdout is for what was asked for (TAP, a release).
rig_say() {
  printf 'rig: %s\n' "$*" >&2
}

rig_die() {
  printf 'rig: error: %s\n' "$*" >&2
  exit 1
}

rig_need_root() {
  [ "$(id --user)" -eq 0 ] ||
    rig_die "this needs root, to make a Debian root and mount things in a private namespace: run it with sudo"
}

# Where builds, packages, disks of tests, results and logs are kept: RIG_WORK, a folder in the cache, for a tree that is
# not to share them with others.
rig_work() {
  printf '%s\n' "${RIG_WORK:-$RIG_CACHE}"
}

# Makes the cache folder, and its path absolute: it is used from inside the root too.
rig_need_cache() {
  mkdir --parents "$RIG_CACHE/locks" "$(rig_work)/logs" 2>/dev/null ||
    rig_die "the cache $RIG_CACHE cannot be written (is its disk full or read-only?): free some space, or set RIG_CACHE to another folder"
  RIG_CACHE=$(cd "$RIG_CACHE" && pwd)
  case $RIG_CACHE in
    *[[:space:]]*) rig_die "kbuild cannot work in a path with a space in it: set RIG_CACHE to a folder without one" ;;
  esac
  export RIG_CACHE
}

# rig_need_space MIB WHAT: fail before a long step rather than in the middle of it.
rig_need_space() {
  local need=$1 what=$2 free
  [ "${RIG_SPACE_CHECK:-yes}" = yes ] || return 0
  free=$(rig_free_mib)
  [ "$free" -ge "$need" ] ||
    rig_die "$what needs $need MiB free for the cache $RIG_CACHE, and its disk has $free MiB: free some space, or set RIG_CACHE to another folder"
}

rig_free_mib() {
  df --output=avail --block-size=1M "$RIG_CACHE" | tail --lines=1 | tr --delete ' '
}

# rig_step WHAT COMMAND...: run it, say what is being done and how long it took,
# keep its output in a log, and explain its failure in one sentence.
rig_step() {
  local what=$1 log start=$SECONDS status
  shift
  log=$(rig_work)/logs/$(tr --complement --squeeze-repeats 'A-Za-z0-9.\n' '-' <<<"$what").log
  rig_say "$what ..."
  # Not "|| status=": that would have a function go on after its first failure.
  set +e
  (
    set -e
    "$@"
  ) </dev/null >"$log" 2>&1
  status=$?
  set -e
  [ "$status" -eq 0 ] || rig_explain "$what" "$log"
  grep '^rig: ' "$log" >&2 || true
  [ $((SECONDS - start)) -lt 2 ] || rig_say "$what: $((SECONDS - start)) s"
}

# Turns a failed step into a sentence that says what to do.
rig_explain() {
  local what=$1 log=$2
  if [ "$(rig_free_mib)" -lt 16 ] || grep --quiet 'No space left on device' "$log"; then
    rig_die "$what failed because the disk of the cache $RIG_CACHE is full: free some space, or set RIG_CACHE to another folder"
  fi
  # A step that knows better than this function says so itself.
  if grep --quiet '^rig: error: ' "$log"; then
    grep '^rig: ' "$log" >&2
    exit 1
  fi
  if grep --quiet --extended-regexp \
    'Temporary failure resolving|Could not resolve|Could not connect|Unable to connect|Network is unreachable|Connection (failed|refused|timed out)' "$log"; then
    rig_die "$what failed because the package mirror cannot be reached: check the network, or set RIG_MIRROR to a Debian mirror that can be"
  fi
  tail --lines=15 "$log" | sed 's/^/  | /' >&2
  rig_die "$what failed: the lines above are the end of $log"
}

# rig_lock NAME [--shared]: hold a lock until the process ends or rig_unlock NAME.
# Children inherit it, so whoever uses the root keeps it from being replaced.
declare -A RIG_LOCKS=()
rig_lock() {
  local name=$1 mode=${2:---exclusive} fd
  exec {fd}>>"$RIG_CACHE/locks/$name"
  if ! flock "$mode" --nonblock "$fd"; then
    rig_say "waiting for another run that is using the $name"
    # Its end comes with ours: it has our other locks, too.
    setpriv --pdeathsig KILL flock "$mode" "$fd"
  fi
  RIG_LOCKS[$name]=$fd
}

rig_unlock() {
  local fd=${RIG_LOCKS[$1]}
  exec {fd}>&-
  unset "RIG_LOCKS[$1]"
}

# rig_made NAME CHECK MAKE [ARGUMENT...]: has MAKE make what CHECK does not find made,
# both with the arguments; it stays as it is as long as this process runs, which has the
# lock NAME, shared, from then on.
rig_made() {
  local name=$1 check=$2 make=$3
  shift 3
  if [ -n "${RIG_LOCKS[$name]:-}" ]; then
    return
  fi
  rig_lock "$name" --shared
  if "$check" "$@"; then
    return
  fi
  rig_unlock "$name"
  rig_lock "$name"
  "$check" "$@" || "$make" "$@"
  rig_unlock "$name"
  rig_lock "$name" --shared
}

# rig_hash FILE-OR-FOLDER...: one hash over names and contents.
rig_hash() {
  find "$@" -type f -print0 | sort --zero-terminated | xargs --null sha256sum | sha256sum | cut --delimiter=' ' --fields=1
}
