# SPDX-License-Identifier: GPL-2.0-only
#
# Reads lists of mutants (tests/mutants/README.md), and
#   -v say=table              prints a line for each: name, file, kernel, sentence, why it
#                             lives, yes if the fuzzer has to find it, with tabs between
#   -v say=found              who ought to find them, a line for each: name, scenario, program,
#                             with tabs between
#   -v say=text -v name=N     all that the list has of N
#   -v say=file -v name=N     its file with the fault in it; the file is the last argument
# A list, or a file, that is not as it has to be is an error.

function die(text) {
	print "mutants: " text >"/dev/stderr"
	failed = 1
	exit 1
}

function where() {
	return FILENAME ":" FNR ": "
}

# The mutant so far is whole.
function finish() {
	if (mutant == "")
		return
	if (what[mutant] == "" || found[mutant] == "" || old[mutant] == new[mutant] || old[mutant] == "")
		die(mutant ": a mutant has a what, a found, and lines that differ")
	mutant = ""
}

function begin(word) {
	finish()
	if (word !~ /^[a-z0-9]+(-[a-z0-9]+)*$/ || word in what)
		die(where() "'" word "' is no name of a mutant, or there is another of that name")
	if (path == "")
		die(where() "which file is it of?")
	mutant = word
	order[++count] = word
	file[word] = path
	kernel[word] = "trixie-backports"
	what[word] = lives[word] = fuzz[word] = ""
}

function add_found(rest, scenario, programs, i, n) {
	if (rest !~ /^[a-z0-9-]+: ./)
		die(where() "found SCENARIO: PROGRAM, PROGRAM")
	scenario = substr(rest, 1, index(rest, ":") - 1)
	n = split(substr(rest, length(scenario) + 3), programs, /, */)
	for (i = 1; i <= n; i++)
		found[mutant] = found[mutant] mutant "\t" scenario "\t" programs[i] "\n"
}

function add_line(line, sign) {
	sign = substr(line, 1, 1)
	if (sign != "+")
		old[mutant] = old[mutant] substr(line, 2) "\n"
	if (sign != "-")
		new[mutant] = new[mutant] substr(line, 2) "\n"
}

say == "file" && FILENAME == ARGV[ARGC - 1] { source = source $0 "\n"; next }

FNR == 1 { finish(); path = "" }
/^#/ { next }
/^$/ { finish(); next }
/^file / { finish(); path = $2; next }
/^mutant / { begin($2); text[mutant] = $0 "\n"; next }
mutant == "" { die(where() "not in a mutant") }
{ text[mutant] = text[mutant] $0 "\n" }
/^[-+ ]/ { add_line($0); next }
{ rest = $0; sub(/^[a-z]+ +/, "", rest) }
/^what / { what[mutant] = rest; next }
/^kernel / { kernel[mutant] = rest; next }
/^lives / { lives[mutant] = rest; next }
/^fuzz yes$/ { fuzz[mutant] = rest; next }
/^found / { add_found(rest); next }
{ die(where() "'" $1 "' is none of file, mutant, what, kernel, found, fuzz, lives") }

END {
	if (failed)
		exit 1
	finish()
	for (i = 1; i <= count; i++)
		all(order[i])
	if (say == "table" || say == "found")
		exit
	if (!(name in what))
		die("there is no mutant '" name "'")
	if (say == "text")
		printf "%s", text[name]
	else
		apply()
}

function all(word) {
	if (say == "table")
		printf "%s\t%s\t%s\t%s\t%s\t%s\n", word, file[word], kernel[word], what[word], lives[word], fuzz[word]
	if (say == "found")
		printf "%s", found[word]
}

# Whole lines, which are there once.
function apply(whole, at, rest) {
	whole = "\n" source
	at = index(whole, "\n" old[name])
	if (!at)
		die(name ": " file[name] " has no such lines any more")
	rest = substr(whole, at + length(old[name]))
	if (index(rest, "\n" old[name]))
		die(name ": " file[name] " has these lines more than once")
	printf "%s", substr(whole, 2, at - 1) new[name] substr(rest, 2)
}
