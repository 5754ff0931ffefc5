# SPDX-License-Identifier: GPL-2.0-only
#
# docs/kernels-tried.tsv as a table: a row for each kernel, in the order in which they are.

BEGIN {
	FS = "\t"
	said["zap=file"] = "zap by file"
	said["zap=list"] = "zap by list"
	said["huge"] = "huge leaves"
	said["poison"] = "poison"
	said["dma-buf"] = "dma-buf"
	said["rt"] = "RT"
}

/^#/ || NF != 8 { next }

!($1 in release) { order[++kernels] = $1 }

{
	release[$1] = $3
	pages[$1] = $4
	features[$1] = words($5)
	if ($2 > date[$1])
		date[$1] = $2
}

$6 == "build" { build[$1] = $8 ? "**failed**" : "yes"; next }

# It cannot run without.
!($1 in build) { build[$1] = "yes" }

{
	scenarios[$1]++
	passed[$1] += $7
	failed[$1] += $8
}

$6 ~ /^guest/ { guest[$1] += $7; guest_failed[$1] += $8 }

function words(features,	list, count, i, text) {
	count = split(features, list, " ")
	for (i = 1; i <= count; i++) {
		if (list[i] in said)
			text = text (text == "" ? "" : ", ") said[list[i]]
	}
	return text
}

function of_guest(kernel) {
	if (!(kernel in guest))
		return "not run"
	return guest_failed[kernel] ? "**" guest_failed[kernel] " failed**" : guest[kernel] " passed"
}

END {
	print "| kernel | release | pages | what it has | build | scenarios | passed | failed | guest | date |"
	print "| --- | --- | --- | --- | --- | ---: | ---: | ---: | --- | --- |"
	for (i = 1; i <= kernels; i++) {
		k = order[i]
		printf "| %s | %s | %s | %s | %s | %d | %d | %s | %s | %s |\n", k, release[k], pages[k], features[k],
			build[k], scenarios[k], passed[k], failed[k] ? "**" failed[k] "**" : 0, of_guest(k), date[k]
	}
}
