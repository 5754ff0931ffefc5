#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The shape of the tree: what no compiler checks. Every file that git has or
# would take. Prints TAP. Part of tests/check.sh, which sees to the tools.
#
# CHECKPATCH   path of checkpatch.pl

set -euo pipefail

cd "$(dirname "$0")/.."
# shellcheck source-path=SCRIPTDIR
. tests/tap.sh

# In a release there is no git, nor anything that it would ignore.
project_files() {
  if [ -e .git ]; then
    git -c safe.directory='*' ls-files --cached --others --exclude-standard
  else
    find . -name .cache -prune -o -name .git -prune -o -type f -printf '%P\n'
  fi
}

files=()
while IFS= read -r file; do
  # A file that was removed and not committed yet is still in the list. Licences are not ours to shape.
  [ ! -f "$file" ] || [[ $file = LICENSE* ]] || files+=("$file")
done < <(project_files | sort)

# files_named PATTERN...: those whose path one of the shell patterns matches.
files_named() {
  local file pattern
  for file in "${files[@]}"; do
    for pattern; do
      # shellcheck disable=SC2053 # a pattern is what it is
      [[ $file != $pattern ]] || printf '%s\n' "$file"
    done
  done
}

# nowhere EXPRESSION FILE...: no line of the files matches; those that do are shown.
nowhere() {
  local expression=$1
  shift
  ! grep --line-number --with-filename --extended-regexp -e "$expression" -- "$@"
}

under_400_lines() {
  ! awk 'FNR == 400 { print FILENAME " has 400 lines or more"; found = 1 } END { exit !found }' "${files[@]}"
}

# Not in what is read as it is displayed, nor where the format has no comments.
have_licence() {
  local file missing=0
  for file in "${files[@]}"; do
    case $file in tests/tool/golden/* | tests/tool/answers/* | *.md | *.json | VERSION | .gitignore | .editorconfig | debian/changelog | debian/clean | debian/README.source | debian/source/format) continue ;; esac
    head --lines=3 "$file" | grep --quiet 'SPDX[-]License-Identifier: GPL-2.0-only' ||
      { echo "$file has no SPDX line on top" && missing=1; }
  done
  return "$missing"
}

end_with_newline() {
  local file missing=0
  for file in "${files[@]}"; do
    [ -z "$(tail --bytes=1 "$file")" ] || { echo "$file does not end with a newline" && missing=1; }
  done
  return "$missing"
}

# Each room of the tool with those that its files may not know.
tool_arrows_go_down() {
  local room others bad=0
  while read -r room others; do
    ! nowhere "#include \"($others)/" "tools/$room"/*.[ch] || continue
    echo "a file of tools/$room includes a header of a room that it may not know" && bad=1
  done <<'EOF'
base host|checks|moves|guests|output
host checks|moves|guests|output
checks moves|guests|output
moves checks|guests|output
guests checks|moves|output
output moves|guests
EOF
  return "$bad"
}

# Written so that this file has none of them.
unfinished='\b(TO[D]O|FIX[M]E|XX[X]|HA[C]K|WI[P])\b'
machine="(^|[[:space:]\"'\`=(:])/(root|home|work|Users)/[[:alnum:]]"
mirror='https?://[[:alnum:].-]+/(debian|ubuntu)\b|\b(deb|ftp|archive|security|snapshot|ports|mirrors?)\.(debian|ubuntu|kernel)\.(org|com)\b'
ticket='\b([Ii]ssue|[Tt]icket|PR) #?[0-9]|\b[A-Z]{2,}[-]JIRA|[[:space:](]#[0-9]+\b'
version_test='\b(LINUX_VERSION_CODE|KERNEL_VERSION|UTS_RELEASE)\b|linux/version\.h|generated/utsrelease\.h'

mapfile -t present_tense < <(files_named '*.[ch]' | grep --invert-match '^src/compat/')

tap_check "every file has fewer than 400 lines" under_400_lines
tap_check "every file names its licence" have_licence
tap_check "every file ends with a newline" end_with_newline
tap_check "no white space at the end of a line" nowhere '[[:space:]]$' "${files[@]}"
tap_check "rooms of the tool know those further in only" tool_arrows_go_down
tap_check "no kernel version is tested outside src/compat" nowhere "$version_test" "${present_tense[@]}"
tap_check "no mark of unfinished work" nowhere "$unfinished" "${files[@]}"
tap_check "no path of somebody's machine" nowhere "$machine" "${files[@]}"
tap_check "no address of a package mirror" nowhere "$mirror" "${files[@]}"
tap_check "no number of a ticket" nowhere "$ticket" "${files[@]}"
mapfile -t pages < <(files_named '*.md')
tap_check "links between pages lead somewhere" tests/links.pl "${pages[@]}"
tap_check "no line of a page is longer than lintian takes" nowhere '.{513}' "${pages[@]}"
# It reads .codespellrc, which has the words that are right though it does not know them.
tap_check "codespell: no word is misspelt" codespell "${files[@]}"
# A server's error page is no list of packages.
tap_check "curl is told to fail where the server does" nowhere 'curl [-]-output' "${files[@]}"

is_script() {
  local first
  IFS= read -r first <"$1" || return 1
  [[ $first =~ ^('#!'.*[/ ](ba|da)?sh|'# shellcheck shell=') ]]
}

for file in "${files[@]}"; do
  ! is_script "$file" || tap_check "shellcheck: $file" shellcheck --external-sources "$file"
done

# checkpatch leaves a file where it runs, and looks for the kernel's headers in its root.
scratch=$(mktemp --directory)
trap 'rm --recursive --force "$scratch"' EXIT
mkdir "$scratch/include"

# checkpatch_clean IGNORED-TYPES FILE...: for each file it has to say that it found nothing.
checkpatch_clean() {
  local ignore=$1 output checked
  shift
  output=$(cd "$scratch" && perl "$CHECKPATCH" --strict --no-tree --root="$scratch" --show-types --emacs \
    --max-line-length=100 ${ignore:+--ignore="$ignore"} --file "${@/#/$OLDPWD/}" 2>&1) || true
  checked=$(grep --count '^total: 0 errors, 0 warnings, 0 checks, ' <<<"$output") || true
  grep --extended-regexp ' (ERROR|WARNING|CHECK):|^Use of' <<<"$output" || true
  echo "$checked of $# files are clean"
  [ "$checked" -eq $# ]
}

mapfile -t user_space < <(files_named 'tests/unit/*.[ch]' 'tests/fuzz/*.[ch]' 'tests/tool/*.[ch]' 'tests/rig/selftests/*.[ch]')
mapfile -t tool < <(files_named 'tools/*.[ch]')
mapfile -t others < <(files_named '*.[ch]' | grep --invert-match --extended-regexp '^tests/(unit|fuzz|tool|rig/selftests)/|^tools/|^src/trace.h$')

tap_check "checkpatch: driver, virtual GPU and ABI tests" checkpatch_clean "" "${others[@]}"
# checkpatch knows that messages of printk() are not to be broken, and not that those of
# printf() are neither; nor that an argv[] may hold what is known only then.
tap_check "checkpatch: tool" checkpatch_clean LONG_LINE_STRING,STATIC_CONST_CHAR_ARRAY,QUOTED_WHITESPACE_BEFORE_NEWLINE "${tool[@]}"
# TRACE_EVENT() is a call whose arguments are blocks of code: it can only be written as no call should be.
tap_check "checkpatch: tracepoints" checkpatch_clean OPEN_ENDED_LINE,PARENTHESIS_ALIGNMENT src/trace.h
# Names of cmocka, libFuzzer and libuuid; and user space has no u128 but one that it defines.
tap_check "checkpatch: unit tests, fuzz targets, tests of the tool, what VFIO selftests are linked to" checkpatch_clean CAMELCASE,NEW_TYPEDEFS "${user_space[@]}"

tap_done
