# SPDX-License-Identifier: GPL-2.0-only
#
# compare-tables.awk docs/bench.md README.md: does the README's table say what the other
# file does? Prints what differs, in one line, and fails.

BEGIN { FS = "[ \t]*\\|[ \t]*" }

function series(release,   parts) {
	split(release, parts, /[.]/)
	return parts[1] "." parts[2]
}

# The first few say enough.
function differs(what) {
	if (++different <= 3)
		list = list (list == "" ? "" : "; ") what
}

# A kernel's section. One measured with another kernel's driver is not in the README; what neither
# driver can do says nothing of that.
FNR == NR && /^## / { kernel = $0; sub(/^## /, "", kernel); kernel = series(kernel); next }
FNR == NR && /^\|/ && NF > 8 && $3 != "ours" && $2 !~ /^---/ {
	seen[kernel, $2, $3, $4, $5 ($9 == "" ? "" : " (" $9 ")")] = 1
	if ($4 !~ /†/ && $4 != "–")
		has_driver[kernel] = 1
}
FNR == NR { next }

/^<!-- bench: / { inside = 1; next }
/^<!-- bench end/ { inside = 0 }
!inside || !/^\|/ || $2 ~ /^---/ { next }

# Three columns for each kernel; the head has its name before the first.
$2 == "" {
	for (i = 3; i + 2 < NF; i += 3) {
		kernel_at[i] = $i
		sub(/:.*/, "", kernel_at[i])
		in_readme[kernel_at[i]] = 1
	}
	next
}

{
	rows++
	for (i in kernel_at) {
		if (!((kernel_at[i], $2, $i, $(i + 1), $(i + 2)) in seen))
			differs($2 " of " kernel_at[i])
	}
}

END {
	for (kernel in has_driver) {
		if (!(kernel in in_readme))
			differs("nothing of " kernel)
	}
	if (!rows)
		differs("no table")
	print list (different > 3 ? "; and " different - 3 " more" : "")
	exit different > 0
}
