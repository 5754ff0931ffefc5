#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# build.sh SOURCE FOLDER: builds the VFIO selftests in SOURCE, parts of a kernel's source, by their
# own Makefile, into FOLDER. Static, for arm64. Runs inside the root.

set -euo pipefail

source=$1 folder=$2
here=$(dirname "$(realpath "$0")")
compiler=aarch64-linux-gnu-gcc-14

cp --archive "$source" "$folder/source"
# Seconds that a test may take, of an emulator on a busy machine, too.
harness=$folder/source/tools/testing/selftests/kselftest_harness.h
sed --in-place 's/^#define TEST_TIMEOUT_DEFAULT 30$/#define TEST_TIMEOUT_DEFAULT 300/' "$harness"
grep --quiet '^#define TEST_TIMEOUT_DEFAULT 300$' "$harness" || { echo "$harness has another way to say how long a test may take" && exit 1; }

"$compiler" -std=gnu2x -O2 -Wall -Wextra -Werror -c -o "$folder/host.o" "$here/host.c"
# The kernel's own headers, of which make headers would take what is for the kernel only.
# What links them is given in place of -luuid.
make --directory="$folder/source/tools/testing/selftests/vfio" --jobs="$(nproc)" ARCH=arm64 CC="$compiler" OUTPUT="$folder" \
  KHDR_INCLUDES="-I$folder/source/include/uapi -D__user=" USERCFLAGS="-O2 -I$here" USERLDFLAGS=-static LDLIBS="$folder/host.o"
