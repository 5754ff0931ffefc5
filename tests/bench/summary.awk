# SPDX-License-Identifier: GPL-2.0-only
#
# awk -v format=FORMAT -f summary.awk metrics.list [kernel=NAME release=RELEASE kind=KIND REPORT]...
#
# Tables (FORMAT markdown), JSON (json) or the table for the README (headline) of what the
# bench reported, KIND being time or count. A kernel without an in-kernel driver is
# compared with that of the first kernel that has one. Fails if a sample is missing; "none" is
# one of what cannot be done.

function fail(text) {
	print "bench: error: " text >"/dev/stderr"
	failed = 1
}

FNR == 1 { file++ }

file == 1 && !/^#/ && NF {
	metric[++metrics] = $1
	unit[$1] = $2
	better[$1] = $3
	headline[$1] = $4
	text[$1] = $5
	for (i = 6; i <= NF; i++)
		text[$1] = text[$1] " " $i
}

file > 1 && FNR == 1 && !(kernel in release_of) {
	kernels[++kernel_count] = kernel
	release_of[kernel] = release
}

file > 1 && /^# sample / {
	sub(/\r$/, "")
	if (!($4 in unit))
		fail($4 " is not in the list of metrics")
	key = kernel SUBSEP kind SUBSEP $3 SUBSEP $4
	if ($5 == "none")
		none[key] = 1
	else
		samples[key, ++count[key]] = shown($4, kind, $5)
	if ($3 == "in-kernel" && !(kernel in has_in_kernel)) {
		has_in_kernel[kernel] = 1
		if (reference == "")
			reference = kernel
	}
}

# A sample in the unit of its metric.
function shown(name, kind, value) {
	if (kind == "count")
		return value + 0
	if (unit[name] == "ms")
		return value / 1e6
	if (unit[name] == "us")
		return value / 1e3
	if (unit[name] == "MB/s")
		return 32 * 1048576 * 1e3 / value
	return value + 0
}

# Sorts what is in list[1..n].
function sort(n,   i, j, value) {
	for (i = 2; i <= n; i++) {
		value = list[i]
		for (j = i - 1; j && list[j] > value; j--)
			list[j + 1] = list[j]
		list[j + 1] = value
	}
}

# The value below which a part of list[1..n] lies, 0 to 1.
function quantile(n, part,   at, below) {
	at = 1 + (n - 1) * part
	below = int(at)
	return below == n ? list[n] : list[below] + (at - below) * (list[below + 1] - list[below])
}

# Into median, lower, upper; the number of samples.
function look(kernel, kind, driver, name,   key, i) {
	key = kernel SUBSEP kind SUBSEP driver SUBSEP name
	for (i = 1; i <= count[key]; i++)
		list[i] = samples[key, i]
	if (!count[key])
		return 0
	sort(count[key])
	median = quantile(count[key], 0.5)
	lower = quantile(count[key], 0.25)
	upper = quantile(count[key], 0.75)
	looked = count[key]
	return looked
}

function is_exact(name) {
	return unit[name] ~ /^(kB|faults|yes.no)$/
}

# Three digits that count; those before the point in groups.
function number(value,   places, digits, grouped) {
	places = value >= 100 || value == int(value) ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3
	digits = sprintf("%." places "f", value)
	while (digits ~ /^[0-9][0-9][0-9][0-9]+$/) {
		grouped = "," substr(digits, length(digits) - 2) grouped
		digits = substr(digits, 1, length(digits) - 3)
	}
	return digits grouped
}

function large(value) {
	return value >= 1e6 ? number(value / 1e6) " M" : value >= 1e4 ? number(value / 1e3) " k" : number(value)
}

function cell(name) {
	if (unit[name] == "yes/no")
		return median ? "yes" : "no"
	if (unit[name] == "faults")
		return number(median)
	return number(median) " " (unit[name] == "us" ? "µs" : unit[name])
}

function ratio(name, kind, ours, theirs) {
	if (better[name] == "-" || !ours || !theirs)
		return 0
	return better[name] == "more" && kind == "time" ? ours / theirs : theirs / ours
}

function gain(value) {
	if (!value)
		return "–"
	return value < 0.001 ? "< 0.001×" : number(value) "×"
}

# Of what was looked at last. Counts that differ are not exact, whatever they are.
function spread(name) {
	if (is_exact(name) && list[1] == list[looked])
		return "exact"
	return median ? sprintf("%.0f %%", 50 * (upper - lower) / median) : "0 %"
}

# One metric of a kernel, into ours, theirs and the rest of a row.
function row(kernel, name,   other, with, n, m) {
	other = kernel in has_in_kernel ? kernel : reference
	mark = other == kernel ? "" : " †"
	ours = 0
	ours_text = spread_text = "–"
	if (look(kernel, "time", "ours", name)) {
		ours_text = cell(name)
		ours = median
		spread_text = spread(name)
	} else if (!((kernel, "time", "ours", name) in none)) {
		fail(name " of ours was not measured on " kernel)
	}
	theirs = 0
	theirs_text = "–"
	if (other != "" && look(other, "time", "in-kernel", name)) {
		theirs = median
		theirs_text = cell(name) mark
		if (spread_text != "exact" || spread(name) != "exact")
			spread_text = spread_text " / " spread(name)
	} else if (other != "" && !((other, "time", "in-kernel", name) in none)) {
		fail(name " of the in-kernel driver was not measured on " other)
	}
	gain_value = ratio(name, "time", ours, theirs)

	ours_count = theirs_count = count_gain = 0
	if (!is_exact(name) && look(kernel, "count", "ours", name))
		ours_count = median
	if (!is_exact(name) && other != "" && look(other, "count", "in-kernel", name))
		theirs_count = median
	count_gain = ratio(name, "count", ours_count, theirs_count)
}

function instructions(value, mark) {
	return value ? large(value) mark : ""
}

function markdown(   k, i, name, kernel) {
	for (k = 1; k <= kernel_count; k++) {
		kernel = kernels[k]
		printf "\n## %s, %s\n\n", release_of[kernel], kernel
		print "| | ours | in-kernel | gain | spread | instructions: ours | in-kernel | gain |"
		print "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
		for (i = 1; i <= metrics; i++) {
			name = metric[i]
			row(kernel, name)
			printf "| %s | %s | %s | %s | %s ", text[name], ours_text, theirs_text, gain(gain_value), spread_text
			printf "| %s | %s | %s |\n", instructions(ours_count, ""), instructions(theirs_count, mark),
				count_gain ? gain(count_gain) : ""
		}
		if (!(kernel in has_in_kernel) && reference != "")
			printf "\n† Measured on %s: there is no in-kernel driver for %s, and that of %s does not build there.\n",
				release_of[reference], release_of[kernel], release_of[reference]
	}
}

# The kernels that have both drivers, one of each series.
function headlines(   k, i, head, rule, line, first) {
	head = "| |"
	rule = "| --- |"
	for (k = 1; k <= kernel_count; k++) {
		if (!(kernels[k] in has_in_kernel) || series(kernels[k]) in first)
			continue
		first[series(kernels[k])] = kernels[k]
		head = head " " series(kernels[k]) ": ours | in-kernel | gain (in instructions) |"
		rule = rule " ---: | ---: | ---: |"
	}
	print head
	print rule
	for (i = 1; i <= metrics; i++) {
		if (headline[metric[i]] != "yes")
			continue
		line = "| " text[metric[i]] " |"
		for (k = 1; k <= kernel_count; k++) {
			if (first[series(kernels[k])] != kernels[k])
				continue
			row(kernels[k], metric[i])
			line = line " " ours_text " | " theirs_text " | " gain(gain_value)
			line = line (count_gain ? " (" gain(count_gain) ")" : "") " |"
		}
		print line
	}
}

function series(kernel,   parts) {
	split(release_of[kernel], parts, /[.]/)
	return parts[1] "." parts[2]
}

# Median, quartiles and samples of a driver.
function json_driver(indent, kernel, kind, driver, name,   n, i, key, line) {
	n = look(kernel, kind, driver, name)
	if (!n)
		return sprintf("%s\"%s\": null", indent, driver)
	key = kernel SUBSEP kind SUBSEP driver SUBSEP name
	for (i = 1; i <= n; i++)
		line = line (i > 1 ? ", " : "") sprintf("%.9g", samples[key, i])
	return sprintf("%s\"%s\": { \"median\": %.9g, \"quartiles\": [%.9g, %.9g], \"samples\": [%s] }",
		indent, driver, median, lower, upper, line)
}

function json_metric(kernel, other, name) {
	row(kernel, name)
	printf "      \"%s\": {\n", name
	printf "        \"what\": \"%s\",\n", text[name]
	printf "        \"unit\": \"%s\",\n", unit[name]
	printf "        \"exact\": %s,\n", is_exact(name) ? "true" : "false"
	print json_driver("        ", kernel, "time", "ours", name) ","
	print json_driver("        ", other, "time", "in-kernel", name) ","
	if (ours_count) {
		print "        \"instructions\": {"
		print json_driver("          ", kernel, "count", "ours", name) ","
		print json_driver("          ", other, "count", "in-kernel", name) ","
		printf "          \"gain\": %.6g\n        },\n", count_gain
	}
	printf "        \"gain\": %.6g\n      }", gain_value
}

function json(   k, i, kernel, other) {
	print "{"
	for (k = 1; k <= kernel_count; k++) {
		kernel = kernels[k]
		other = kernel in has_in_kernel ? kernel : reference
		printf "  \"%s\": {\n", kernel
		printf "    \"release\": \"%s\",\n", release_of[kernel]
		printf "    \"in_kernel_from\": \"%s\",\n", other
		print "    \"metrics\": {"
		for (i = 1; i <= metrics; i++) {
			json_metric(kernel, other, metric[i])
			print i < metrics ? "," : ""
		}
		print "    }"
		print k < kernel_count ? "  }," : "  }"
	}
	print "}"
}

END {
	if (format == "json")
		json()
	else if (format == "headline")
		headlines()
	else
		markdown()
	exit failed
}
