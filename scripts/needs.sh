#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# needs.sh TARGET...: whether what these make targets need is there. Tells all that is
# missing, and the one command that gets it. make runs it before them; debian/control and
# the spec have what the packages' own builds need.

set -euo pipefail

cd "$(dirname "$0")/.."
: "${RIG_CACHE:=.cache}"
: "${CHECKPATCH:=$RIG_CACHE/sources/tree/scripts/checkpatch.pl}"

missing=() packages=() also=''

# lacks WHAT DEBIAN FEDORA SUSE: names of the packages that have it, there.
lacks() {
  local package
  [[ " ${missing[*]/%/,} " != *" $1, "* ]] || return 0
  missing+=("$1")
  for package in ${!place}; do
    [[ " ${packages[*]} " = *" $package "* ]] || packages+=("$package")
  done
}

# need PROGRAM DEBIAN FEDORA SUSE
need() {
  command -v "$1" >/dev/null || lacks "$@"
}

# need_build WHAT DEBIAN FEDORA SUSE COMPILER OPTION...: the C program on stdin builds.
need_build() {
  "${@:5}" -x c - -o /dev/null 2>/dev/null || lacks "$1" "$2" "$3" "$4"
}

needs_dist() {
  [ ! -e .git ] || need git git git-core git-core
}

needs_deb() {
  needs_dist
  need dpkg-buildpackage dpkg-dev dpkg-dev dpkg
  need dh debhelper debhelper debhelper
}

needs_rpm() {
  needs_dist
  need rpmbuild rpm rpm-build rpm-build
}

needs_repo() {
  need gpg gpg gnupg2 gpg2
  need apt-ftparchive apt-utils apt-utils apt-utils
  need rpmsign rpm rpm-sign rpm-build
  need createrepo_c createrepo-c createrepo_c createrepo_c
}

needs_release() {
  needs_deb
  needs_rpm
  need git git git-core git-core
  need gpg gpg gnupg2 gpg2
  need python3 python3 python3 python3
}

# kbuild says which compiler it misses, where CROSS_COMPILE or CC has chosen one.
needs_modules() {
  needs_dist
  if [ "$(uname -m)" = aarch64 ]; then
    need gcc gcc gcc gcc
  elif [ -z "${CROSS_COMPILE:-}${CC:-}" ]; then
    need aarch64-linux-gnu-gcc gcc-aarch64-linux-gnu gcc-aarch64-linux-gnu cross-aarch64-gcc13
  fi
}

needs_check() {
  need gcc gcc gcc gcc
  need clang clang clang clang
  need shellcheck shellcheck ShellCheck ShellCheck
  need perl perl perl perl
  need python3 python3 python3 python3
  need codespell codespell codespell codespell
  need_build "cmocka and the sanitizers of gcc" "gcc libcmocka-dev libc6-dev" "gcc libcmocka-devel libasan libubsan" "gcc libcmocka-devel" \
    gcc -fsanitize=address,undefined -include setjmp.h -include stdarg.h -include stddef.h -include stdint.h \
    -lcmocka <<<$'#include <cmocka.h>\nint main(void) { return 0; }'
  need_build "libFuzzer" "clang libclang-rt-dev libc6-dev" "clang compiler-rt" "clang" \
    clang -fsanitize=fuzzer,address,undefined \
    <<<'int LLVMFuzzerTestOneInput(const char *data, unsigned long size) { return !data && size; }'
  [ -r "$CHECKPATCH" ] || {
    missing+=("checkpatch.pl")
    # Or CHECKPATCH may be that of a kernel's source.
    also='tests/rig/rig sources'
  }
}

# Where lacks() finds this system's name of a package among its arguments.
if command -v apt-get >/dev/null; then
  place=2 install="apt install"
elif command -v zypper >/dev/null; then
  place=4 install="zypper install"
else
  place=3 install="dnf install"
fi

for target; do
  case $target in
    dist) needs_dist ;;
    deb) needs_deb ;;
    rpm) needs_rpm ;;
    repo) needs_repo ;;
    release) needs_release ;;
    modules) needs_modules ;;
    # What the modules' packages are made with.
    in-deb) need dpkg-deb dpkg dpkg dpkg ;;
    in-kmod | in-kmp) need rpmbuild rpm rpm-build rpm-build ;;
    check) needs_check ;;
  esac
done
[ "${#missing[@]}" -gt 0 ] || exit 0

command=${packages[*]:+$install ${packages[*]}}
command+=${also:+${command:+ && }$also}
printf -v list ', %s' "${missing[@]}"
printf '%s: error: missing: %s; as root, run: %s\n' "$1" "${list:2}" "$command" >&2
exit 1
