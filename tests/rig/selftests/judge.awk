# SPDX-License-Identifier: GPL-2.0-only
#
# First file: what is to run, as expected.awk tells it. Second: what the programs said, between
# "selftest: begin PROGRAM" and "selftest: end STATUS". Prints it as TAP in which nothing is
# skipped: what did not run although it was to, or ran and is in no list, has failed.

function result(good, text) {
	count++
	bad += !good
	print (good ? "ok" : "not ok") " " count " - " text
}

function add(program, test) {
	if (test == "all") {
		any[program]
	} else {
		expected[++wanted] = program ": " test
		listed[program ": " test]
	}
}

FILENAME != last { files++; last = FILENAME }
files == 1 { if ($1 == "test") add($2, $3); next }

/^selftest: begin / { program = $3; plan = -1; ran = bad = 0; next }
/^selftest: end / {
	if (plan != ran)
		result(0, program ": planned " plan " tests and ran " ran)
	else if ($3 != 0 && !bad)
		result(0, program ": exit status " $3 " although no test failed")
	next
}
/^1\.\.[0-9]+/ { plan = substr($1, 4) + 0; next }
/^(not )?ok / {
	good = $1 == "ok"
	name = program ": " (good ? $3 : $4)
	ran++
	seen[name]
	if (/# *SKIP/) {
		sub(/.*# *SKIP */, "")
		result(0, name " is skipped: " $0)
	} else if (good && !(name in listed) && !(program in any)) {
		result(0, name " passed, and is not in expected.list: add it")
	} else {
		result(good, name)
	}
	next
}
/./ { print "# " $0 }

END {
	for (i = 1; i <= wanted; i++)
		if (!(expected[i] in seen))
			result(0, expected[i] " did not run")
	print "1.." count + 0
}
