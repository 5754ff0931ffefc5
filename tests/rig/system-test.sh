# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Tests of real systems: tests/systems/NAME.sh, or any by its path, bash that is sourced on the host, with
# set -euo pipefail, and boots a system as it likes: see system-boot.sh. A boot or a
# check that fails ends the test, unless the test goes on with "|| true"; either way
# it counts. Source lib.sh and the other parts of the rig first.
#
# What a test has: SYSTEM        name of the system
#                  SYSTEM_TEST   its own name
#                  SYSTEM_TESTS  the folder that the test is in
#                  SYSTEM_WORK   a folder for its disks, removed in the end
#                  SYSTEM_SHARE  what those see as /rig
#                  system_archive PACKAGE...      Debian's packages and what they need,
#                                                 for apt in the system: file:/rig/archive
#                  system_check NAME COMMAND...   a check on the host, like tap_check

SYSTEM_TESTS=$RIG_TOP/tests/systems

# Those that take longest first, as their headers say.
system_test_names() {
  local file
  for file in "$SYSTEM_TESTS"/*.sh; do
    printf '%d %s\n' "$(sed --quiet 's/^# minutes: *//p' "$file")" "$(basename "$file" .sh)"
  done | sort --key=1,1nr --key=2 | cut --delimiter=' ' --fields=2
}

system_test_file() {
  local file=$SYSTEM_TESTS/$1.sh
  case $1 in */*) file=$(realpath "$1") ;; esac
  [ -f "$file" ] ||
    rig_die "there is no test '$1'; the known ones are: $(system_test_names | paste --serial --delimiters=' ')"
  printf '%s\n' "$file"
}

# system_test_systems TEST quick|long: those it is for, from its header.
system_test_systems() {
  local lines='^# systems: *'
  [ "$2" = quick ] || lines='^# \(systems\|long\): *'
  sed --quiet "s/$lines//p" "$(system_test_file "$1")" | tr --squeeze-repeats ' ' '\n'
}

# system_test SYSTEM TEST: runs it, prints the TAP of its boots and checks, and in the
# end "N passed, N failed" of all of them together. Ends this shell, which is the one
# that the test runs in: what ends that, ends the test and its boot.
system_test() {
  local file
  file=$(system_test_file "$2")
  SYSTEM=$1 SYSTEM_TEST=$(basename "$file" .sh) SYSTEM_TESTS=$(dirname "$file")
  system_setup "$SYSTEM"
  SYSTEM_LOG=$(rig_work)/logs/systems/$SYSTEM/$SYSTEM_TEST
  SYSTEM_WORK=$(rig_work)/systems/$SYSTEM.work/$SYSTEM_TEST
  SYSTEM_SHARE=$SYSTEM_WORK/share
  rig_lock "test-$SYSTEM-$SYSTEM_TEST"
  rm --recursive --force "$SYSTEM_LOG" "$SYSTEM_WORK"
  mkdir --parents "$SYSTEM_LOG" "$SYSTEM_SHARE"
  exec {SYSTEM_STDOUT}>&1 </dev/null > >(exec tee "$SYSTEM_LOG/test.tap")
  SYSTEM_TEE=$!
  trap 'system_test_end $?' EXIT
  # shellcheck source=/dev/null
  . "$file"
  printf 'rig: test done\n'
  exit
}

# system_test_end STATUS
system_test_end() {
  trap - EXIT
  set +e
  exec >&"$SYSTEM_STDOUT"
  # After a signal it is no child any more.
  wait "$SYSTEM_TEE" 2>/dev/null
  [ "${RIG_KEEP_DISKS:-no}" = yes ] || rm --recursive --force "$SYSTEM_WORK"
  system_test_sum "$SYSTEM_LOG/test.tap" "$1"
  exit "$?"
}

# Kept for the next time.
system_archive() {
  local archive=$RIG_CACHE/archives/$SYSTEM-$SYSTEM_TEST stamp
  stamp="$(cat "$(system_path "$SYSTEM")/stamp") $*"
  if [ "$(cat "$archive/stamp" 2>/dev/null)" != "$stamp" ]; then
    rm --recursive --force "$archive"
    mkdir --parents "$archive"
    packages_update no
    rig_step "downloading packages for $SYSTEM" root_enter "$RIG_DIR/system-archive.sh" \
      "$(system_path "$SYSTEM")/image.ext4" "$archive" "$@"
    printf '%s\n' "$stamp" >"$archive/stamp"
  fi
  cp --recursive --link "$archive" "$SYSTEM_SHARE/archive"
}

# The counts of the boots are what counts, not their TAP; what failed has a line of its own.
system_test_sum() {
  awk -v status="$2" '
    /^[0-9]+ passed, [0-9]+ failed$/ { passed += $1; failed += $3; boots++ }
    /^rig: test done$/ { done = 1 }
    END {
      if (!done && !failed) {
        print "not ok - the test ended with status " status " before its end"
        failed++
      }
      if (!boots) {
        print "not ok - the test booted nothing"
        failed++
      }
      printf "%d passed, %d failed\n", passed, failed
      exit failed != 0
    }' "$1"
}

# system_check NAME COMMAND...: counts like a boot with one test.
system_check() {
  local name=$1 output
  shift
  if output=$("$@" 2>&1); then
    printf 'ok - %s\n1 passed, 0 failed\n' "$name"
    return
  fi
  printf '%s\n' "$output" | tail --lines=60 | sed 's/^/#   /'
  printf 'not ok - %s\n0 passed, 1 failed\n' "$name"
  return 1
}
