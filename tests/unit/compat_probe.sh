#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# src/compat/probe.sh with questions and headers of its own: what it takes for a yes,
# for a no, and for a reason to stop. What it says of real kernels is for the matrix and
# the shapes. Prints TAP.

set -euo pipefail

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source-path=SCRIPTDIR/..
. "$top/tests/tap.sh"

scratch=$(mktemp --directory)
trap 'rm --recursive --force "$scratch"' EXIT
cp "$top"/src/compat/probe.sh "$top"/src/compat/probe.awk "$scratch"
mkdir "$scratch/kernel"
last=$'LAST\n{\n#error the end\n}'
echo "$last" >"$scratch/needs.c"
compiler=gcc

# The words that features.c defines itself.
words() {
  sed --quiet '/^#define FEATURE/,/^$/p' "$top/src/compat/features.c" | sed 's/ __maybe_unused//'
}

# questions: stdin, after a header of a kernel that has some things.
questions() {
  rm --force "$scratch/kernel/Module.symvers"
  { cat "$scratch/kernel.h" 2>/dev/null || true; words; cat; echo '#include "needs.c"'; } >"$scratch/features.c"
}

cat >"$scratch/kernel.h" <<'END'
struct device { int there; unsigned int bits : 1; };
#define DEVICE_OLD(member) member
struct wrapped { DEVICE_OLD(int inode); };
extern int exported(void);
extern int hidden(void);
extern void other(int);
END

probe() {
  sh "$scratch/probe.sh" "$scratch/kernel" "$scratch/report" "$compiler"
}

# finds FEATURES: these, and nothing is said.
finds() {
  local found
  found=$(probe 2>&1) || true
  [ "$found" = "$1" ] || { echo "$compiler: $found" && return 1; }
}

# stops PATTERN: the probe fails with one sentence that matches.
stops() {
  local said
  ! said=$(probe 2>&1) || { echo "$compiler: went on with '$said'" && return 1; }
  [[ $said != *$'\n'* && $said == "nvgrace-gpu-vfio-pci: error: "$1 ]] || { echo "$compiler: $said" && return 1; }
}

reports() {
  probe >/dev/null 2>&1 || true
  grep --quiet --extended-regexp "$1" "$scratch/report" || { cat "$scratch/report" && return 1; }
}

# both NAME COMMAND...: with either compiler.
both() {
  local name=$1
  shift
  for compiler in gcc clang; do
    tap_check "D7 $name ($compiler)" "$@"
  done
}

questions <<'END'
/* a member */
FEATURE(MEMBER)
{
	struct device device;
	(void)device.there;
}
/* no member */
FEATURE(NO_MEMBER)
{
	struct device device;
	(void)device.missing;
}
/* a member in a macro */
FEATURE(WRAPPED)
{
	struct wrapped wrapped;
	(void)wrapped.inode;
}
/* a function that is not there */
FEATURE(NO_FUNCTION)
{
	(void)&not_declared;
}
/* the same one again */
FEATURE(NO_FUNCTION_EITHER)
{
	(void)&not_declared;
}
/* another signature */
FEATURE(SIGNATURE)
{
	int (*other_one)(void) = other;
}
/* what is merely not nice */
FEATURE(WARNING)
{
	int unused;
	unsigned char c = 1000;
}
END
both "yes and no are told apart, and warnings are no errors" finds "MEMBER WRAPPED WARNING"
both "the report has the reason of a no" reports '^NO_MEMBER +no +no member; .*missing'
both "the report has a yes" reports '^MEMBER +yes +a member$'

questions <<'END'
/* bits have no type */
FEATURE(BITFIELD)
{
	struct device device;
	__typeof__(device.bits) copy;
}
/* after it */
FEATURE(NEXT)
{
}
END
both "what fails in one question is no matter of the next" finds "NEXT"

questions <<'END'
/* exported */
FEATURE(EXPORT)
{
	EXPORTED(exported);
}
/* declared only */
FEATURE(HIDDEN)
{
	EXPORTED(hidden);
}
END
both "a declaration has to do where no symbols are known" finds "EXPORT HIDDEN"
printf '0x1\texported\tvmlinux\tEXPORT_SYMBOL_GPL\t\n' >"$scratch/kernel/Module.symvers"
both "a function that is not exported is a no" finds "EXPORT"
both "the report says so" reports '^HIDDEN +no +declared only; hidden is not exported to modules$'

questions <<'END'
/* a function of an old kernel */
FEATURE(OLD)
{
	(void)&other;
	KNOWN_FORM;
	void (*known)(int) = other;
}
/* a function that has changed */
FEATURE(CHANGED)
{
	(void)&other;
	KNOWN_FORM;
	int (*known)(void) = other;
}
END
both "a feature in another form stops the build" \
  stops "this kernel has CHANGED (a function that has changed) in a form that this version of the driver does not know: *"
both "the report is there then, too" reports '^OLD +yes'

questions <<'END'
/* its helper is gone */
FEATURE(HELPER)
{
	(void)&other;
	KNOWN_FORM;
	EXPORTED(exported);
}
END
printf '0x1\tother\tvmlinux\tEXPORT_SYMBOL_GPL\t\n' >"$scratch/kernel/Module.symvers"
both "a part that is not exported is another form" \
  stops "this kernel has HELPER (its helper is gone) in a form * exported is not exported to modules"

questions <<'END'
/* what is there */
NEEDED(there)
{
	(void)&other;
}
/* what was there */
NEEDED(gone)
{
	(void)&not_there;
}
END
both "what is needed and missing stops the build" \
  stops "this kernel has changed what the driver needs (gone: what was there): *not_there*"

one_of() {
  questions <<END
FEATURE(ONE)
{
	(void)&$1;
}
FEATURE(OTHER)
{
	(void)&$2;
}
ONE_OF(ONE, OTHER)
END
}
one_of not_there not_there_either
both "none of two ways stops the build" stops "this kernel has none of ONE, OTHER, *"
one_of other exported
both "both of two ways stop the build" stops "this kernel has more than one of ONE, OTHER, *"
one_of other not_there
both "one of two ways" finds "ONE"

questions <<'END'
#include "no-such-header.h"
FEATURE(ANY)
{
}
END
both "a header that is missing stops the build" stops "*no-such-header.h*"

printf 'struct broken { int a };\nint oops(;\n' >"$scratch/broken.h"
questions <<'END'
#include "broken.h"
FEATURE(ANY)
{
}
END
both "headers that cannot be compiled stop the build" stops "the kernel's headers cannot be compiled: *broken.h*"

many() {
  local number
  {
    for number in {1..40}; do
      printf '/* no */\nFEATURE(NO_%d)\n{\n\t(void)&gone_%d;\n}\n' "$number" "$number"
    done
    printf '/* one more */\nFEATURE(AFTER)\n{\n}\n'
  } | questions
}
many
both "forty times no are told, and the yes after them" finds "AFTER"
both "in the report, too" reports '^NO_40 +no'

questions <<'END'
FEATURE(ANY)
{
}
END
sed --in-place '$d' "$scratch/features.c"
both "questions that the compiler did not come to stop the build" stops "the compiler did not come to the end *"
no_report() {
  probe >/dev/null 2>&1 || true
  ! [ -s "$scratch/report" ]
}
both "the report is empty then" no_report

questions <<'END'
FEATURE(ANY)
{
}
END
compiler=false
tap_check "D7 a compiler that fails without a word stops the build" stops "the compiler did not come to the end of the questions: *"
compiler=$scratch/no-such-compiler
tap_check "D7 a compiler that is missing stops the build" stops "the compiler did not come to the end of the questions: *"

refuses() {
  ! "$@" 2>/dev/null
}
tap_check "D7 no arguments are an error" refuses sh "$scratch/probe.sh"
rm "$scratch/features.c"
tap_check "D7 questions that are missing are an error" refuses sh "$scratch/probe.sh" "$scratch/kernel" "$scratch/report" gcc
tap_done
