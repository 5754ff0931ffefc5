#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# emulate-arm64.sh INTERPRETER PROGRAM-ROOT: has the kernel run programs for arm64 with
# INTERPRETER, in any root, until standard input ends. Prints one line when that
# is so, or why it is not. PROGRAM-ROOT has a program to try it with and nothing else.
#
# The setting is the whole machine's. It is taken back however the caller ends,
# because its end of the pipe is closed then; and each caller has one of its own.

set -euo pipefail

interpreter=$1 program=$2
folder=/proc/sys/fs/binfmt_misc
name=rig-arm64-$$

trap '' HUP INT TERM

works() {
  chroot "$program" /usr/bin/busybox true 2>/dev/null
}

give_up() {
  echo "$*"
  exit 1
}

# Looking at it mounts it, on a machine with systemd.
if [ ! -e $folder/register ]; then
  if [ -z "${RIG_OWN_MOUNTS:-}" ]; then
    RIG_OWN_MOUNTS=yes exec unshare --mount --propagation private "$0" "$@"
  fi
  mount --types binfmt_misc binfmt_misc $folder 2>/dev/null ||
    give_up "this machine's kernel has no binfmt_misc, by which programs for arm64 could run: load that module"
fi

# What a machine that died left behind.
for handler in "$folder"/rig-arm64-*; do
  [ ! -e "$handler" ] || [ -e "/proc/${handler##*-}" ] || echo -1 >"$handler"
done

# The machine's own handler is as good as ours; another run's is not, for it goes away.
if compgen -G "$folder/rig-arm64-*" >/dev/null || ! works; then
  # ELF, 64 bits, little endian, a program, for arm64. F: opened now, so that it is there in any root.
  printf '%s' ":$name:M::"'\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00:\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff'":$interpreter:F" \
    >$folder/register || give_up "binfmt_misc refuses $interpreter"
  trap 'echo -1 >"$folder/$name"' EXIT
  works || give_up "programs for arm64 do not run although binfmt_misc has $interpreter"
fi
echo ready
cat >/dev/null
