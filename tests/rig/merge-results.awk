# SPDX-License-Identifier: GPL-2.0-only
#
# Lines of docs/kernels-tried.tsv, older ones first: of each kernel those of the release
# that was run last, and of each scenario the last one.

BEGIN { FS = OFS = "\t" }

NF != 8 { next }

{ date = $2; release = $3; scenario = $6 }

!($1 in releases) || releases[$1] != release {
	if (date < dates[$1])
		next
	for (key in lines) {
		split(key, part, SUBSEP)
		if (part[1] == $1)
			delete lines[key]
	}
	releases[$1] = release
}

{
	if (date > dates[$1])
		dates[$1] = date
	if (!(($1, scenario) in lines) || date >= when[$1, scenario]) {
		lines[$1, scenario] = $0
		when[$1, scenario] = date
	}
}

END {
	for (key in lines)
		print lines[key]
}
