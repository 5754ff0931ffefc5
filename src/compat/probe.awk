# SPDX-License-Identifier: GPL-2.0-only
#
# What the compiler's errors on standard input say about the questions in features.c and needs.c.
# Variables: questions  the folder that these are in
#            symbols    the kernel's Module.symvers
#            report     where to write all answers

# Said in the end: what stands above all else is the only one then.
function stop(text) {
	sentence[++stopped] = "nvgrace-gpu-vfio-pci: error: " text
}

# NAME of "WORD(NAME...".
function argument(line) {
	sub(/^[^(]*\(/, "", line)
	sub(/[,)].*/, "", line)
	return line
}

# FILE:LINE:COLUMN: error: TEXT
{
	if (!first)
		first = $0
	if (!match($0, /:[0-9]+:([0-9]+:)? (fatal )?error: /))
		next
	file = substr($0, 1, RSTART - 1)
	text = substr($0, RSTART + RLENGTH)
	line = substr($0, RSTART + 1) + 0
	sub(/ \[-W.*\]$/, "", text)
	if (file != questions "/features.c" && file != questions "/needs.c")
		outside = outside ? outside : file ":" line ": " text
	else if (!((file, line) in error))
		error[file, line] = text
}

# exported(NAME): by the kernel, or nobody knows what it exports.
function exported(name) {
	return !known || name in symbol
}

function read_symbols(   symbol_line, fields) {
	while ((getline symbol_line <symbols) > 0) {
		split(symbol_line, fields, "\t")
		symbol[fields[2]] = 1
		known = 1
	}
	close(symbols)
}

# A question is over: what does its error, if any, mean?
function answer() {
	if (kind == "LAST") {
		complete = reason != ""
		return
	}
	if (kind == "NEEDED") {
		if (reason)
			stop("this kernel has changed what the driver needs (" name ": " about "): " reason)
		return
	}
	if (reason && form)
		stop("this kernel has " name " (" about ") in a form that this version of the driver does not know: " reason)
	if (!reason) {
		has[name] = 1
		found = found (found ? " " : "") name
	}
	answers = answers sprintf("%-24s %-4s %s%s\n", name, reason ? "no" : "yes", about, reason ? "; " reason : "")
}

function read_questions(file,   number, file_line, inside) {
	while ((getline file_line <file) > 0) {
		number++
		if (match(file_line, /^\/\* .* \*\/$/))
			about = substr(file_line, 4, length(file_line) - 6)
		if (file_line ~ /^(FEATURE\(|NEEDED\(|LAST$)/) {
			kind = file_line
			sub(/\(.*/, "", kind)
			name = argument(file_line)
			reason = form = below = ""
			inside = 1
		}
		if (file_line ~ /^\tKNOWN_FORM;/)
			below = 1
		if ((file, number) in error && !inside)
			outside = outside ? outside : error[file, number]
		else if ((file, number) in error && !reason) {
			reason = error[file, number]
			form = below
		}
		if (file_line ~ /^\tEXPORTED\(/ && !reason && !exported(argument(file_line))) {
			reason = argument(file_line) " is not exported to modules"
			form = below
		}
		if (file_line ~ /^}/ && inside) {
			answer()
			inside = 0
		}
		if (file_line ~ /^ONE_OF\(/)
			one_of[++groups] = file_line
	}
	close(file)
}

function check_groups(   i, j, count, names, list, yes) {
	for (i = 1; i <= groups; i++) {
		list = one_of[i]
		gsub(/^ONE_OF\(|\).*$/, "", list)
		count = split(list, names, /, */)
		yes = 0
		for (j = 1; j <= count; j++)
			yes += names[j] in has
		if (yes != 1)
			stop("this kernel has " (yes ? "more than one" : "none") " of " list ", of which this version of the driver needs exactly one")
	}
}

END {
	read_symbols()
	read_questions(questions "/features.c")
	read_questions(questions "/needs.c")
	printf "" >report
	if (outside) {
		stopped = 0
		stop("the kernel's headers cannot be compiled: " outside)
	} else if (!complete) {
		stopped = 0
		stop("the compiler did not come to the end of the questions: " (first ? first : "it said nothing"))
	} else {
		check_groups()
		printf "%s", answers >report
	}
	close(report)
	for (i = 1; i <= stopped; i++)
		print sentence[i] >"/dev/stderr"
	if (stopped)
		exit 1
	print found
}
