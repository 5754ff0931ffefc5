#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# probe.sh SRCTREE OBJTREE [--report]: which features of features.tbl a kernel
# has.  Prints their names on one line, or a line for each with --report.  Plain
# sh, grep and awk: it runs wherever DKMS does.
set -eu

if [ $# -lt 2 ]; then
	echo "usage: probe.sh SRCTREE OBJTREE [--report]" >&2
	exit 2
fi

srctree=$1
objtree=$2
report=${3:-}
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
