# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What has to be as it is written before there is a release: one function, one sentence.
# Source packaging.sh first; the project's folder is the one at hand.

: "${step:?}" "${name:?}"

# check COMMAND...: goes on to the next one all the same. $wrong
wrong=0
check() {
  ("$@") || wrong=1
}

project_git() {
  GIT_TERMINAL_PROMPT=0 git -c safe.directory='*' "$@"
}

is_repository() {
  [ -e .git ] || die "this is not a git repository, of which alone a release can be made: clone it"
}

all_is_committed() {
  local changes
  changes=$(project_git status --porcelain) || die "git cannot tell what was changed: see above"
  [ -n "$changes" ] || return 0
  changes=$(awk 'NR <= 5 { list = list ", " substr($0, 4) } END { print substr(list, 3) (NR > 5 ? ", and " NR - 5 " more" : "") }' <<<"$changes")
  die "there is what was not committed: $changes: commit it or take it away"
}

changelog_is_ready() {
  local suite
  suite=$(sed --quiet '1s/^[^(]*([^)]*) *\([^;]*\);.*/\1/p' debian/changelog)
  case $suite in
    '' | UNRELEASED) die "the newest entry of debian/changelog is for ${suite:-no suite}: have it say unstable, with the day of the release" ;;
  esac
}

changelog_has_date() {
  local line
  line=$(grep --max-count=1 '^ -- ' debian/changelog) || true
  [[ $line = *'>  '* ]] && changelog_epoch debian/changelog >/dev/null 2>&1 && return
  die "the newest entry of debian/changelog has no date: write one with 'date --rfc-email'"
}

# tag_is_free TAG: or it is at what is here.
tag_is_free() {
  local at
  at=$(project_git rev-parse --quiet --verify "refs/tags/$1^{commit}") || return 0
  [ "$at" = "$(project_git rev-parse HEAD)" ] ||
    die "the tag $1 is at another commit, ${at:0:12}: begin a new version with 'scripts/new-version.sh VERSION CHANGE...'"
}

# tag_is_free_at REMOTE TAG: of a signed tag, the second line has its commit.
tag_is_free_at() {
  local at
  at=$(project_git ls-remote --tags "$1" "refs/tags/$2" "refs/tags/$2^{}") ||
    die "$1 does not tell whether it has a tag $2: see above; 'git remote remove $1' if it is gone"
  at=$(tail --lines=1 <<<"$at" | cut --fields=1)
  [ -z "$at" ] || [ "$at" = "$(project_git rev-parse HEAD)" ] ||
    die "the tag $2 of $1 is at another commit, ${at:0:12}: begin a new version with 'scripts/new-version.sh VERSION CHANGE...'"
}

kernels_table_is_current() {
  awk -f tests/rig/kernels-table.awk docs/kernels-tried.tsv | cmp --silent - <(sed --quiet '/^<!-- tried: /,/^<!-- tried end/ { /^<!-- /!p }' docs/kernels.md) ||
    die "the table in docs/kernels.md is not that of docs/kernels-tried.tsv: run 'make kernels-record' after 'sudo make test'"
}

# Of the default matrix.
matrix_kernels() {
  awk '!/^#/ && $4 == "yes" { print $1 }' tests/rig/kernels.list
}

# kernel_passed NAME: all that was run on it.
kernel_passed() {
  local seen again="run 'sudo tests/run-matrix.sh --kernel $1' and 'make kernels-record'"
  seen=$(awk -F '\t' -v kernel="$1" '
    $1 == kernel { ran = 1 }
    $1 == kernel && ($8 > 0 || $7 == 0) { list = list (list == "" ? "" : ", ") $6 }
    END { print ran ? list : "none" }' docs/kernels-tried.tsv)
  case $seen in
    '') ;;
    none) die "docs/kernels-tried.tsv has nothing of the kernel $1, which is in the matrix: $again" ;;
    *) die "tests failed on the kernel $1, in $seen: mend that, then $again" ;;
  esac
}

bench_tables_agree() {
  local different
  different=$(awk -f tests/bench/compare-tables.awk docs/bench.md README.md) ||
    die "the README's bench table is not that of docs/bench.md ($different): run 'sudo make bench' and 'make bench-record'"
}

# Packages of all that the project has.
builds_all() {
  can_build_tools || die "a release has all packages: see above"
}

release_checks() {
  local tag kernel remote
  check is_repository
  check agreed_version >/dev/null
  check changelog_is_ready
  check changelog_has_date
  if [ -e .git ]; then
    check all_is_committed
    tag=v$(version_of . 2>/dev/null) || tag=
    if [ -n "$tag" ]; then
      check tag_is_free "$tag"
      for remote in $(project_git remote); do
        check tag_is_free_at "$remote" "$tag"
      done
    fi
  fi
  check kernels_table_is_current
  for kernel in $(matrix_kernels); do
    check kernel_passed "$kernel"
  done
  check bench_tables_agree
  check builds_all
  return "$wrong"
}
