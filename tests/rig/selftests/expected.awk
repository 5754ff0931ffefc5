# SPDX-License-Identifier: GPL-2.0-only
#
# expected.awk -v lacks="FEATURE..." expected.list: what is to run where these are missing,
# a line each:
#   program PROGRAM          a program of which some test is to run
#   test PROGRAM TEST        a test of it
#   without PROGRAM OPTION WORD TEST FEATURE
#                            one that is left out, and the harness's option that does it

function take(variant, mode,    test, need) {
	need = $4
	if (mode ~ /^iommufd/ && ("iommufd" in missing))
		need = "iommufd"
	else if (mode ~ /^vfio_type1/ && ("type1" in missing))
		need = "type1"

	test = $3 == "all" ? "all" : $1 (variant == "-" ? "" : "." variant) "." $3
	if (need in missing) {
		print "without", program, variant == "-" ? "-T " $3 : "-V " variant, test, need
	} else {
		if (!programs[program]++)
			print "program", program
		print "test", program, test
	}
}

BEGIN {
	split(lacks, words, " ")
	for (i in words)
		missing[words[i]]
	modes = split("vfio_type1_iommu vfio_type1v2_iommu iommufd_compat_type1 iommufd_compat_type1v2 iommufd", mode, " ")
}

/^#/ || !NF { next }
$1 == "program" { program = $2; next }
$2 !~ /^MODE/ { take($2, ""); next }
{
	for (m = 1; m <= modes; m++) {
		variant = $2
		sub(/^MODE/, mode[m], variant)
		take(variant, mode[m])
	}
}
