#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# All tests of the tool that need no virtual host: it builds with every compiler there
# is without a warning; on recorded trees it says, prints and does what it should.
# Prints TAP, and at the end "N passed, N failed". Runs inside the rig's root.
#
# Variables: COVERAGE   a folder: the tool is built there, once, so that it counts what runs

set -euo pipefail

folder=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR
. "$folder/../sections.sh"

out=${COVERAGE:-$(mktemp --directory)}
[ -n "${COVERAGE:-}" ] || trap 'rm --recursive --force "$out"' EXIT
# What is open when a test ends is a leak, too.
export ASAN_OPTIONS=detect_leaks=1

builds() (
  # shellcheck source-path=SCRIPTDIR
  . "$folder/../tap.sh"
  tools=$folder/../../tools
  hard='-O2 -Werror -D_FORTIFY_SOURCE=3 -fstack-protector-strong'
  tap_check "gcc: no warning" make --silent --directory="$tools" OUT="$out/gcc" CFLAGS="$hard"
  tap_check "clang: no warning" make --silent --directory="$tools" OUT="$out/clang" CC=clang CFLAGS="$hard"
  tap_check "gcc -fanalyzer: no warning" make --silent --directory="$tools" OUT="$out/analyzer" CFLAGS='-O1 -Werror -fanalyzer'
  tap_check "gcc for arm64: no warning" make --silent --directory="$tools" OUT="$out/arm64" CFLAGS="$hard" \
    CC=aarch64-linux-gnu-gcc PKG_CONFIG=aarch64-linux-gnu-pkg-config
  tap_check "gcc, with sanitizers, and a kernel that is made up" make --silent --directory="$folder" OUT="$out/asan"
  tap_check "gcc, and a kernel that is made up" make --silent --directory="$folder" OUT="$out/gcc" sanitize="$hard"
  tap_check "the program for arm64 runs" qemu-aarch64 "$out/arm64/nvgrace-gpu" --version
  tap_done
)
# What takes the place of each of the others has to be the same program.
counts() (
  # shellcheck source-path=SCRIPTDIR
  . "$folder/../tap.sh"
  mkdir --parents "$out/asan"
  ln --symbolic asan "$out/gcc"
  tap_check "gcc, with counters" make --silent --directory="$folder" OUT="$out/asan" \
    sanitize='-O0 -g --coverage -fprofile-update=atomic -DCOVERAGE'
  # Users that tests make up write to them, too.
  "$out/asan/nvgrace-gpu" --version >/dev/null
  "$out/asan/fake-kernel" --version >/dev/null
  chmod --recursive a+rwX "$out"
  tap_done
)

section build "$([ -n "${COVERAGE:-}" ] && echo counts || echo builds)"
section states "$folder/states.sh" "$out/asan/nvgrace-gpu"
section usage "$folder/usage.sh" "$out/asan/nvgrace-gpu"
section next-kernel "$folder/next-kernel.sh" "$out/asan/nvgrace-gpu"
section unbound "$folder/unbound.sh" "$out/asan/nvgrace-gpu"
section causes "$folder/causes.sh" "$out/asan/nvgrace-gpu"
section terminal "$folder/terminal.sh" "$out/asan/fake-kernel"
section hosts "$folder/hosts.sh" "$out/asan/nvgrace-gpu"
section moves "$folder/moves.sh" "$out/asan/fake-kernel"
section programs "$folder/programs.sh" "$out/gcc/nvgrace-gpu"
section corners "$folder/corners.sh" "$out/asan/nvgrace-gpu" "$out/asan/fake-kernel"
section disturbed "$folder/disturbed.sh" "$out/asan/fake-kernel" "$out/gcc/nvgrace-gpu"
section persist "$folder/persist.sh" "$out/gcc/fake-kernel"
section guest "$folder/guest.sh" "$out/asan/nvgrace-gpu"
section metrics "$folder/metrics.sh" "$out/asan/nvgrace-gpu"
section guest-forms "$folder/guest-forms.sh" "$out/asan/nvgrace-gpu"
section guest-fleet "$folder/guest-fleet.sh" "$out/asan/nvgrace-gpu"
section malformed "$folder/malformed.sh" "$out/asan/nvgrace-gpu"
section hostile "$folder/hostile.sh" "$out/asan/nvgrace-gpu" "$out/gcc/nvgrace-gpu"
section completion "$folder/completion.sh"

sections_done
