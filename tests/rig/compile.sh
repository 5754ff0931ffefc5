#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# compile.sh HEADERS FOLDER [VARIABLE=VALUE...]: builds the module in FOLDER against the
# kernel headers.
# compile.sh --strict HEADERS FOLDER [VARIABLE=VALUE...]: with W=1 and sparse on every file. Any warning is a
# failure.
# Runs inside the root.

set -euo pipefail

strict=no
if [ "$1" = --strict ]; then
  strict=yes
  shift
fi
headers=$1 folder=$2
shift 2

kernel_gcc=$(sed --quiet 's/^CONFIG_GCC_VERSION=\([0-9]*\)[0-9]\{4\}$/\1/p' "$headers/.config")

# The newest compiler there is that is not newer than the kernel's own: older
# kernels do not stand newer ones.
gcc=$(find /usr/bin -name 'aarch64-linux-gnu-gcc-[0-9]*' -printf '%f\n' | sed 's/.*-//' |
  sort --numeric-sort | awk -v limit="$kernel_gcc" '$1 <= limit' | tail --lines=1)
if [ -z "$gcc" ]; then
  echo "rig: error: this kernel was built by gcc $kernel_gcc and the root has none as old: add one to tests/rig/tools.list" >&2
  exit 1
fi

# A kernel built by a newer gcc has attributes in its headers that an older one
# warns about; nothing in the module can be done about those.
flags=
[ "$gcc" -eq "$kernel_gcc" ] || flags=-Wno-attributes

# build VARIABLE=VALUE...: with what it prints in the log, too.
log=$folder/build.log
build() {
  local status=0
  make --directory="$headers" M="$folder" ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu- \
    CC="aarch64-linux-gnu-gcc-$gcc" KCFLAGS="$flags" "$@" --jobs="$(nproc)" modules >"$log" 2>&1 || status=$?
  cat "$log"
  return "$status"
}

if [ "$strict" = no ]; then
  build "$@"
  exit
fi

# A kernel that can count what runs is there for that. A function that is inlined everywhere
# would count as one that never runs.
if grep --quiet '^CONFIG_GCOV_KERNEL=y' "$headers/.config"; then
  set -- "$@" GCOV_PROFILE=y "CFLAGS_GCOV=-fprofile-arcs -ftest-coverage -fno-inline-functions -fno-inline-small-functions -fno-inline-functions-called-once"
fi

# KBUILD_CHECKSRC is what C=2 sets, unless the script that looks for sparse is
# missing, as it is in the headers of some kernels.
build W=1 C=2 KBUILD_CHECKSRC=2 CHECK=/opt/sid/usr/bin/sparse "$@"

unchecked=$(sed --quiet 's/^ *CC \[M\] *\(.*\)\.o$/\1.c/p' "$log" | grep --invert-match --extended-regexp '\.mod\.c|\.module-common\.c' |
  while IFS= read -r file; do grep --quiet "^ *CHECK .*${file##*/}\$" "$log" || echo "$file"; done)
if [ -n "$unchecked" ]; then
  echo "rig: error: sparse did not run on ${unchecked//$'\n'/ }" >&2
  exit 1
fi

# What the compiler and sparse say of a line, and modpost of the module; not what
# kbuild says of its own tools.
warnings=$(grep --extended-regexp ':[0-9]+: (warning|error):|^(WARNING|ERROR):' "$log") || exit 0
printf '%s\n' "$warnings" | head --lines=5 | sed 's/^/rig:   /'
echo "rig: error: $(basename "$folder") builds with warnings on ${headers##*linux-headers-}: see $log" >&2
exit 1
