#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Tests of the lists of mutants: each can still be planted, and is for a kernel and
# programs that there are. Prints TAP. Part of make check.

set -euo pipefail

cd "$(dirname "$0")/.."
# shellcheck source-path=SCRIPTDIR/..
. tap.sh
# shellcheck source-path=SCRIPTDIR/..
. rig/lib.sh
# shellcheck source-path=SCRIPTDIR/..
. rig/kernel.sh
# shellcheck source-path=SCRIPTDIR/..
. mutants/mutants.sh

scratch=$(mktemp --directory)
trap 'rm --recursive --force "$scratch"' EXIT

# --- those of the project

# can_be_planted NAME FILE: and then the file is another one.
can_be_planted() {
  mutants_say file "$1" "$RIG_TOP/$2" >"$scratch/file" || return 1
  ! cmp --quiet "$scratch/file" "$RIG_TOP/$2"
}

units=$(make --silent --directory=unit list)

# there_is SCENARIO PROGRAM
there_is() {
  if [ "$1" = unit ]; then
    grep --quiet --line-regexp "$2" <<<"$units"
  else
    (mutant_scenario "$RIG_TOP" "$1" "$2") >/dev/null
  fi
}

finders_exist() {
  local scenario program bad=0
  while IFS=$'\t' read -r scenario program; do
    there_is "$scenario" "$program" || { echo "there is no '$program' of $scenario" && bad=1; }
  done < <(mutants_say found | cut --fields=2,3 | sort --unique)
  return "$bad"
}

kernels_exist() {
  local kernel bad=0
  while IFS= read -r kernel; do
    (kernel_column "$kernel" 1) >/dev/null || bad=1
  done < <(cut --fields=3 "$scratch/table" | sort --unique)
  return "$bad"
}

all_can_be_planted() {
  local name file bad=0
  while IFS=$'\t' read -r name file _; do
    can_be_planted "$name" "$file" || { echo "$name cannot be planted" && bad=1; }
  done <"$scratch/table"
  return "$bad"
}

# Each file of the driver but the one that only includes the others.
all_files() {
  local file missing=0
  for file in "$RIG_TOP"/src/*.c "$RIG_TOP"/src/compat/vma_list.c; do
    file=${file#"$RIG_TOP"/}
    [ "$file" = src/build.c ] || cut --fields=2 "$scratch/table" | grep --quiet --line-regexp --fixed-strings "$file" ||
      { echo "no mutant of $file" && missing=1; }
  done
  return "$missing"
}

tap_check "the lists can be read" mutants_say table
mutants_say table >"$scratch/table" || true
tap_check "each mutant can be planted" all_can_be_planted
tap_check "each kernel is known" kernels_exist
tap_check "each program that ought to find one is there" finders_exist
tap_check "each file of the driver has a mutant" all_files

# --- what is wrong with others

# a_list LINE...: the only list, with a file to plant mutants in.
a_list() {
  MUTANTS=$scratch/lists
  rm --recursive --force "$MUTANTS"
  mkdir "$MUTANTS"
  printf '%s\n' 'file src/file.c' '' 'mutant one' 'what it is' 'found unit: range' "$@" >"$MUTANTS/file.list"
  printf '%s\n' a b c b c d >"$scratch/file.c"
}

# planted EXPECTED LINE...: the file is then that, a word a line.
planted() {
  local expected=$1
  shift
  a_list "$@"
  mutants_say file one "$scratch/file.c" >"$scratch/file" || return 1
  diff <(tr ' ' '\n' <<<"$expected") "$scratch/file"
}

# refused WHY LINE...
refused() {
  local why=$1 output
  shift
  a_list "$@"
  output=$(mutants_say file one "$scratch/file.c" 2>&1) && return 1
  printf '%s\n' "$output"
  [[ $output == *"$why"* ]]
}

tap_check "lines are replaced" planted "a x y c d" " a" "-b" "-c" "-b" "+x" "+y"
tap_check "the first line is replaced, and goes" planted "b c b c d" "-a"
tap_check "the last line is replaced" planted "a b c b c x" "-d" "+x"
tap_check "lines are added" planted "a b c x b c d" " a" " b" " c" "+x"
tap_check "refused: lines that are there no more" refused "no such lines" "-c" "-d" "-e"
tap_check "refused: a part of a line" refused "no such lines" "-" "+x"
tap_check "refused: lines that are there twice" refused "more than once" "-b" "-c"
tap_check "refused: lines that are there twice, one in the other" refused "more than once" "-c" "+x"
tap_check "refused: nothing changes" refused "lines that differ" " a"
tap_check "refused: no lines" refused "lines that differ"
tap_check "refused: a word that nobody knows" refused "none of file" "fond unit: range" "-a"
tap_check "refused: two of a name" refused "another of that name" "-a" "" "mutant one" "what it is" "found unit: range" "-a"
tap_check "refused: a mutant without an end" refused "has a what" "-a" "" "mutant two"

tap_done
