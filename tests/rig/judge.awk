# SPDX-License-Identifier: GPL-2.0-only
#
# First file: the programs a host had to run, one a line. Second: what it reported.
# Prints a "not ok" line for everything that is wrong, then "N passed, N failed".

function wrong(text) {
	print "not ok - " text
	failed++
}

function begin(program) {
	if (current != "")
		wrong(current ": did not end")
	if (program != expected[++started])
		wrong(program ": ran where " (started in expected ? expected[started] : "nothing") " had to")
	current = program
	plan = -1
	ran = bad = 0
}

function end(status) {
	if (status == 127)
		wrong(current ": there is no such program")
	else if (status > 128)
		wrong(current ": was killed by signal " (status - 128))
	else if (plan < 1)
		wrong(current ": printed no plan (1..N)")
	else if (ran != plan)
		wrong(current ": planned " plan " tests and ran " ran)
	else if (status != 0 && !bad)
		wrong(current ": exit status " status " although no test failed")
	current = ""
}

FILENAME != last { files++; last = FILENAME }
files == 1 { if ($0 != "") expected[++wanted] = $0; next }

{ sub(/\r$/, "") }
/^# run / { begin(substr($0, 7)); next }
/^# exit [0-9]+: / && current != "" { end($3 + 0); next }
/^rig: done$/ { done = 1; next }
/^rig: broken: / { wrong("the virtual host: " substr($0, 14)); broken = 1; next }
current == "" { next }
/^1\.\.[0-9]+/ { plan = substr($1, 4) + 0; next }
# What did not run was not proved.
/^ok .*# *[Ss][Kk][Ii][Pp]/ { ran++; bad++; wrong(current ": skipped: " $0); next }
/^ok/ { ran++; passed++; next }
/^not ok/ { ran++; bad++; sub(/^not ok[ 0-9]*-? */, ""); wrong(current ": " $0); next }

END {
	if (current != "")
		wrong(current ": did not end")
	for (i = started + 1; i <= wanted; i++)
		wrong(expected[i] ": did not run")
	if (!wanted)
		wrong("the scenario runs no program")
	if (!done && !broken)
		wrong("the virtual host did not reach its end")
	printf "%d passed, %d failed\n", passed, failed
	exit failed != 0
}
