# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Looks things up in the lists of mutants. Source rig/lib.sh first; MUTANTS is a folder of
# lists, if not this one.

: "${MUTANTS:=$RIG_TOP/tests/mutants}"

# mutants_say WHAT [NAME [FILE]]: see mutants.awk.
mutants_say() {
  local what=$1 name=${2:-}
  shift "$(($# > 2 ? 2 : $#))"
  awk -v say="$what" -v name="$name" -f "$RIG_TOP/tests/mutants/mutants.awk" "$MUTANTS"/*.list "$@"
}

# mutant_column NAME NUMBER: 2 file, 3 kernel, 4 sentence, 5 why it lives, 6 yes: by the fuzzer, too.
mutant_column() {
  mutants_say table | awk -F '\t' -v name="$1" -v number="$2" '$1 == name { print $number; found = 1 } END { exit !found }'
}

# mutant_runs NAME SCENARIO: the programs of that scenario that ought to find it.
mutant_runs() {
  mutants_say found | awk -F '\t' -v name="$1" -v scenario="$2" '$1 == name && $2 == scenario { print $3 }'
}

# mutant_scenarios NAME: those programs' scenarios, each once, in order.
mutant_scenarios() {
  mutants_say found | awk -F '\t' -v name="$1" '$1 == name && !seen[$2]++ { print $2 }'
}

# mutant_scenario TREE SCENARIO RUN...: the scenario with these of its programs only.
mutant_scenario() {
  local tree=$1 file=$1/tests/scenarios/$2.conf run
  shift 2
  awk '$1 != "run"' "$file"
  for run; do
    awk -v run="$run" '$1 == "run" { $1 = ""; if (substr($0, 2) == run) found = 1 } END { exit !found }' "$file" ||
      rig_die "${file#"$tree"/} runs no '$run'"
    printf 'run %s\n' "$run"
  done
}
