#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Tests of the tests: plants one fault after the other (tests/mutants) in a copy of the
# driver, and runs the programs that ought to find it. A line for each, and "N passed, N
# failed" in the end: what was found has passed. What was run is kept, and not run again as
# long as driver, tests and mutant stay as they are.
#
# In the cache: mutants/tree                      the copy
#               mutants/build, logs               of the copy
#               mutants/logs/KERNEL/NAME-SCENARIO what the host with that mutant said
#               mutants/found/KERNEL/NAME         what came of it

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/rig/lib.sh"
# shellcheck source-path=SCRIPTDIR
. "$RIG_TOP/tests/mutants/mutants.sh"

usage() {
  cat <<EOT
run-mutants.sh [--list] [--build] [--all] [--fuzz] [--kernel NAME]... [--only NAME]...

  --list         print name, kernel, and fault of each, run nothing
  --build        only see whether the driver can be built with each
  --all          run the whole matrix of the kernel on what nothing else finds, and before
                 it says that a mutant survived
  --fuzz         only those that the fuzzer of the host has to find, or named by --only: by
                 the fuzzer alone, within $MUTANT_FUZZ seconds (MUTANT_FUZZ)
  --kernel NAME  only the mutants of this kernel
  --only NAME    only this mutant

A virtual host is given up after MUTANT_TIMEOUT seconds ($MUTANT_TIMEOUT).
EOT
}

: "${MUTANT_TIMEOUT:=400}" "${MUTANT_FUZZ:=600}"
names=()
kernels=()
do=run
all=no
while [ "$#" -gt 0 ]; do
  case $1 in
    --help) usage && exit ;;
    --list) do=list ;;
    --build) do=build ;;
    --all) all=yes ;;
    --fuzz) do=fuzz ;;
    --kernel | --only) [ "$#" -gt 1 ] || rig_die "$1 needs a value: see $0 --help" ;;&
    --kernel) kernels+=("$2") && shift ;;
    --only)
      mutant_column "$2" 1 >/dev/null || rig_die "there is no mutant '$2': see $0 --list"
      names+=("$2") && shift
      ;;
    *) rig_die "there is no option '$1': see $0 --help" ;;
  esac
  shift
done

# is_one_of WORD WORD...: or there are none to choose from.
is_one_of() {
  local word=$1 other
  shift
  [ "$#" -gt 0 ] || return 0
  for other; do
    [ "$word" != "$other" ] || return 0
  done
  return 1
}

if [ "$do" = list ]; then
  mutants_say table | awk -F '\t' '{ printf "%-36s %-16s %s%s\n", $1, $3, $4, $5 == "" ? "" : " (lives: " $5 ")" }'
  exit
fi

rig_need_root
rig_need_cache
rig_lock mutants
work=$RIG_CACHE/mutants
tree=$work/tree
rig=$tree/tests/rig/rig
passed=0
failed=0

# Times of files stay: test programs are built when they are newer than those built.
copy_tree() {
  rm --recursive --force "$tree"
  mkdir --parents "$tree" "$work/original" "$work/scenarios"
  find "$RIG_TOP" -mindepth 1 -maxdepth 1 ! -name '.*' ! -name dist \
    -exec cp --archive --target-directory="$tree" {} +
  hash=$(cd "$tree" && rig_hash VERSION src tests/abi tests/fuzz-host tests/rig tests/unit tests/scenarios)
}

# in_tree LOG COMMAND...: with builds and logs of its own.
in_tree() {
  local log=$1
  shift
  RIG_WORK=$work setpriv --pdeathsig TERM "$@" >"$log" 2>&1 </dev/null
}

# plant NAME, and weed: one at a time.
plant() {
  local file
  file=$(mutant_column "$1" 2)
  cp --archive "$tree/$file" "$work/original/file"
  mutants_say file "$1" "$work/original/file" >"$tree/$file" || rig_die "$1 cannot be planted"
}

weed() {
  local file
  file=$(mutant_column "$1" 2)
  cp --archive "$work/original/file" "$tree/$file"
}

# The finders set $finding, and are true if they have found something; they end the run if
# they could not look.

# find_by_unit PROGRAM...: unit tests, built anew.
find_by_unit() {
  local out=$work/unit log=$work/unit.log program
  rm --recursive --force "$out"
  for program; do
    in_tree "$log" "$rig" run make --silent --directory="$tree/tests/unit" OUT="$out" "$out/$program" ||
      rig_die "the unit test $program could not be built: see $log"
    ! in_tree "$log" "$rig" run timeout 60 env CMOCKA_MESSAGE_OUTPUT=TAP "$out/$program" || continue
    finding=$(sed --quiet 's/^not ok [0-9]* - //p' "$log" | head --lines=1)
    finding="unit $program: ${finding:-it did not end well}"
    return
  done
  return 1
}

# find_by_boot KERNEL LABEL SCENARIO RUN...
find_by_boot() {
  local kernel=$1 label=$2 scenario=$3
  shift 3
  mutant_scenario "$tree" "$scenario" "$@" >"$work/scenarios/$label-$scenario.conf"
  boot_finds "$kernel" "$label-$scenario"
}

# find_by_fuzz KERNEL LABEL: it is given up some minutes after its time.
find_by_fuzz() {
  {
    grep --invert-match '^run ' "$tree/tests/scenarios/fuzz.conf"
    printf 'run fuzz-host --seconds %d\n' "$MUTANT_FUZZ"
  } >"$work/scenarios/$2-fuzz.conf"
  RIG_TIMEOUT=$((MUTANT_FUZZ + 300)) boot_finds "$1" "$2-fuzz"
}

# boot_finds KERNEL NAME: the scenario of that name in scenarios/ does.
boot_finds() {
  local kernel=$1 file=$work/scenarios/$2.conf log=$work/scenarios/$2.log counts
  in_tree "$log" "$rig" boot "$kernel" "$file" || true
  counts=$(tail --lines=1 "$log")
  [[ $counts =~ ^[0-9]+\ passed,\ [0-9]+\ failed$ ]] || rig_die "there was no virtual host: see $log"
  [[ $counts != *' 0 failed' ]] || return 1
  # The judge's own lines come last, and name the program.
  finding=$(sed --quiet 's/^not ok - //p' "$log" | head --lines=1)
}

# find_by_matrix KERNEL
find_by_matrix() {
  local log=$work/matrix.log
  ! in_tree "$log" "$tree/tests/run-matrix.sh" --jobs 1 --kernel "$1" || return 1
  [[ $(tail --lines=1 "$log") =~ ^[0-9]+\ passed,\ [0-9]+\ failed$ ]] || rig_die "there was no matrix: see $log"
  finding="the matrix: $(sed --quiet 's/^ *not ok - //p' "$log" | head --lines=1)"
}

builds() {
  in_tree "$work/build.log" "$rig" build "$1"
}

# find_fault KERNEL NAME
find_fault() {
  local kernel=$1 name=$2 scenario runs
  if [ "$do" = fuzz ]; then
    find_by_fuzz "$kernel" "$name"
    return
  fi
  while IFS= read -r scenario; do
    mapfile -t runs < <(mutant_runs "$name" "$scenario")
    if [ "$scenario" = unit ]; then
      find_by_unit "${runs[@]}" && return
    else
      find_by_boot "$kernel" "$name" "$scenario" "${runs[@]}" && return
    fi
  done < <(mutant_scenarios "$name")
  [ "$all" = yes ] && find_by_matrix "$kernel"
}

# judge KERNEL NAME: runs it. The words are those of the line that is kept.
judge() {
  local kernel=$1 name=$2 lives
  lives=$(mutant_column "$name" 5)
  export RIG_TIMEOUT=$MUTANT_TIMEOUT
  plant "$name"
  if ! builds "$kernel"; then
    # The disk is full, the mirror is away: that says nothing of the mutant.
    ! grep --quiet 'failed because' "$work/build.log" || rig_die "nothing can be built: see $work/build.log"
    printf 'failed\tthe driver cannot be built with it: %s\n' "$(grep 'error: ' "$work/build.log" | head --lines=1)"
  elif [ "$do" = build ]; then
    printf 'passed\tthe driver can be built with it\n'
  elif find_fault "$kernel" "$name"; then
    if [ -z "$lives" ]; then
      printf 'passed\tfound by %s\n' "$finding"
    else
      printf 'failed\tfound by %s, and is said to live\n' "$finding"
    fi
  elif [ -n "$lives" ]; then
    printf 'passed\tlives: %s\n' "$lives"
  else
    printf 'failed\tSURVIVED: %s\n' "$(mutant_column "$name" 4)"
  fi
  weed "$name"
}

# kept FILE STAMP: the verdict and text in it, if it is of this stamp.
kept() {
  [ "$(head --lines=1 "$1" 2>/dev/null)" = "$2" ] && tail --lines=1 "$1"
}

# take FILE STAMP COMMAND...: what was kept, or what the command prints now.
take() {
  local file=$1 stamp=$2
  shift 2
  kept "$file" "$stamp" && return
  mkdir --parents "${file%/*}"
  { printf '%s\n' "$stamp" && "$@"; } >"$file.new"
  mv "$file.new" "$file"
  tail --lines=1 "$file"
}

stamp() {
  { printf '%s\n' "$hash" "$do" "$all" "$MUTANT_FUZZ" "$@" && cat; } | sha256sum | cut --delimiter=' ' --fields=1
}

# judge_original KERNEL SCENARIO RUN...: programs that fail on the driver as it is would find
# anything.
judge_original() {
  local kernel=$1 scenario=$2 find=find_by_boot
  [ "$do" != fuzz ] || find=find_by_fuzz
  shift 2
  builds "$kernel" || rig_die "the driver cannot be built: see $work/build.log"
  if "$find" "$kernel" original "$scenario" "$@"; then
    rig_die "$kernel $scenario fails without any fault: $finding"
  else
    printf 'passed\tall pass without a fault\n'
  fi
}

original_runs() {
  local name
  for name in "${chosen[@]}"; do
    [ "$(mutant_column "$name" 3)" != "$1" ] || mutant_runs "$name" "$2"
  done | awk '!seen[$0]++'
}

original_scenarios() {
  local name
  [ "$do" != fuzz ] || { echo fuzz && return; }
  for name in "${chosen[@]}"; do
    [ "$(mutant_column "$name" 3)" != "$1" ] || mutant_scenarios "$name"
  done | awk '$0 != "unit" && !seen[$0]++'
}

# say NAME VERDICT-AND-TEXT: counts it, too.
say() {
  local verdict text
  IFS=$'\t' read -r verdict text <<<"$2"
  if [ "$verdict" = passed ]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
  fi
  printf '%s: %s\n' "$1" "$text"
}

chosen=()
while IFS=$'\t' read -r name _ kernel _; do
  ! is_one_of "$name" "${names[@]}" || ! is_one_of "$kernel" "${kernels[@]}" || chosen+=("$name")
done < <(mutants_say table | awk -F '\t' -v fuzz="$([ "$do" = fuzz ] && [ "${#names[@]}" -eq 0 ] && echo yes)" 'fuzz == "" || $6 == fuzz')
copy_tree
# Whatever is changed meanwhile.
MUTANTS=$tree/tests/mutants

if [ "$do" != build ]; then
  for kernel in $(for name in "${chosen[@]}"; do mutant_column "$name" 3; done | sort --unique); do
    for scenario in $(original_scenarios "$kernel"); do
      mapfile -t runs < <(original_runs "$kernel" "$scenario")
      line=$(take "$work/found/$kernel/original-$scenario" "$(printf '%s\n' "${runs[@]}" | stamp "$kernel" "$scenario")" \
        judge_original "$kernel" "$scenario" "${runs[@]}")
      say "$kernel $scenario" "$line"
    done
  done
fi
for name in "${chosen[@]}"; do
  kernel=$(mutant_column "$name" 3)
  line=$(take "$work/found/$kernel/$name" "$(mutants_say text "$name" | stamp "$kernel")" judge "$kernel" "$name")
  say "$name" "$line"
done
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
