#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# probe.sh OBJTREE REPORT COMPILER [FLAG...]: asks the compiler, with the flags of the
# module, the questions of features.c and needs.c about the kernel in OBJTREE. Prints the names of
# the features it has on one line, and writes an answer for each into REPORT. Fails, with
# a sentence for each reason, if the module cannot be built for this kernel. Plain sh,
# awk and the compiler: it runs wherever DKMS does.
#
# One run of the compiler answers all: most of its time goes into the kernel's headers.
set -eu

if [ "$#" -lt 3 ]; then
	echo "usage: probe.sh OBJTREE REPORT COMPILER [FLAG...]" >&2
	exit 2
fi
objtree=$1
report=$2
shift 2

questions=$(dirname "$0")
[ -r "$questions/features.c" ] || { echo "probe.sh: $questions/features.c is missing" >&2 && exit 1; }

# No symbols are known where the kernel has not been built itself: then a declaration
# has to do.
symbols=$objtree/Module.symvers
[ -r "$symbols" ] || symbols=/dev/null

# All errors, and in plain text.
limit=-fmax-errors=0
case $("$@" --version 2>/dev/null) in *clang*) limit=-ferror-limit=0 ;; esac

# Only what C does not allow is a no, not what the kernel's developers do not want.
LC_ALL=C "$@" -fsyntax-only -fdiagnostics-color=never "$limit" -Wno-error -Wno-fatal-errors \
	-Werror=implicit-function-declaration -Werror=incompatible-pointer-types \
	-Werror=int-conversion -Werror=implicit-int "$questions/features.c" 2>&1 </dev/null |
	awk -v questions="$questions" -v symbols="$symbols" -v report="$report" \
		-f "$questions/probe.awk"
