#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# probe.sh [SRCTREE] OBJTREE [--report]: which features of features.tbl a kernel
# has.  Prints their names on one line, or a line for each with --report.  OBJTREE
# is what modules are built against, /lib/modules/VERSION/build; SRCTREE, where it
# has its headers, is found from there.  Plain sh, grep, sed and awk: it runs
# wherever DKMS does.
set -eu

report=
trees=0
for argument; do
	case $argument in
	--report) report=yes ;;
	-*) trees=9 ;;
	*)
		srctree=${objtree:-$argument}
		objtree=$argument
		trees=$((trees + 1))
		;;
	esac
done
if [ "$trees" -lt 1 ] || [ "$trees" -gt 2 ]; then
	echo "usage: probe.sh [SRCTREE] OBJTREE [--report]" >&2
	exit 2
fi

if [ ! -r "$objtree/Makefile" ] && [ ! -d "$srctree/include" ]; then
	echo "probe.sh: $objtree is no kernel to build modules against: install its headers" >&2
	exit 1
fi
# The Makefile of a tree of build products includes that of its sources.
if [ "$trees" -eq 1 ] && [ ! -r "$srctree/include/linux/vfio.h" ]; then
	srctree=$(sed -n 's,^include \(.*\)/Makefile$,\1,p' "$objtree/Makefile")
	case $srctree in /*) ;; *) srctree=$objtree/$srctree ;; esac
fi

table=$(dirname "$0")/features.tbl

has_symbol() {
	[ -r "$objtree/Module.symvers" ] &&
		awk -v name="$1" '$2 == name { found = 1 } END { exit !found }' \
			"$objtree/Module.symvers"
}

# The expression may span lines of the header.
has_text() {
	[ -r "$srctree/include/$1" ] &&
		tr '\n' ' ' <"$srctree/include/$1" | grep -Eq -- "$2"
}

found=
while read -r name where what why; do
	case $name in '#'* | '') continue ;; esac

	if case $where in
		symvers) has_symbol "$what" ;;
		*) has_text "$where" "$what" ;;
	esac; then
		found="$found $name"
		answer=yes
	else
		answer=no
	fi
	[ -z "$report" ] || printf '%-24s %-4s %-24s %s\n' "$name" "$answer" "$where" "${why#\# }"
done <"$table"

[ -n "$report" ] || echo "${found# }"
