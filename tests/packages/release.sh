#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make release: what it refuses, what it makes, and that an altered file is noticed.
# Prints TAP. Runs inside the rig's root.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/packages.sh"
# shellcheck source-path=SCRIPTDIR/..
. "$top/tests/tap.sh"

out=$scratch/out
release=$out/release
spdx=$release/$package-$version.spdx.json
key=$(make_key one)
export GIT_AUTHOR_NAME=somebody GIT_AUTHOR_EMAIL=somebody@packages.invalid GIT_CONFIG_NOSYSTEM=1 HOME=$scratch
export GIT_COMMITTER_NAME=$GIT_AUTHOR_NAME GIT_COMMITTER_EMAIL=$GIT_AUTHOR_EMAIL

# --- a repository that can be released: whatever this one's tests have found

build "$scratch/dist" dist >/dev/null
project=$scratch/project
unpack "$scratch/dist" "$project"
rm "$project/rpm/$package.spec"

# ran KERNEL FAILED: later than all that is recorded.
ran() {
  mkdir --parents "$scratch/cache/results"
  printf '2099-01-01\t6.1.0-1-arm64\t4K\tzap=list\tdemo\t10\t%d\n' "$2" >"$scratch/cache/results/$1"
}
record() {
  RIG_CACHE=$scratch/cache "$project/tests/rig/record-kernels.sh"
}
in_project() {
  git -C "$project" "$@"
}
commit() {
  in_project add --all && in_project commit --quiet --message "$1"
}

while read -r kernel _ _ matrix _; do
  [ "$matrix" != yes ] || ran "$kernel" 0
done < <(grep --invert-match '^#' "$project/tests/rig/kernels.list")
# Of one that is not in the matrix a release says so, and no more.
ran other 3
record
in_project init --quiet
commit "All."
base=$(in_project rev-parse HEAD)
git clone --quiet --bare "$project" "$scratch/remote"
in_project remote add upstream "$scratch/remote"

# --- what it refuses

make_release() {
  build "$out" release KEY="$key"
}

# refuses SENTENCE COMMAND...: after the command there is that one thing wrong.
refuses() {
  local status=0 sentence=$1
  shift
  cd "$project"
  "$@" && refused release "$sentence" make_release || status=1
  as_before
  return "$status"
}
as_before() {
  git reset --quiet --hard "$base"
  git clean --quiet -d --force
  git tag --list | xargs --no-run-if-empty git tag --delete >/dev/null
}

# committed COMMAND...
committed() {
  "$@" && commit "Changed."
}
edited() {
  sed --in-place "$2" "$1" && ! git diff --quiet
}

tap_check "a file that was changed" refuses 'not committed: README.md: commit it' edited README.md 1d
tap_check "a file that nobody added" refuses 'not committed: src/new.c: commit it' touch src/new.c
tap_check "VERSION is another" refuses "VERSION is 9.9 and debian/changelog is about $version" committed edited VERSION 's/.*/9.9/'
tap_check "VERSION is none" refuses "not 'x'" committed edited VERSION 's/.*/x/'
tap_check "changelog: UNRELEASED" refuses 'is for UNRELEASED: ' committed edited debian/changelog '1s/) [a-z]*;/) UNRELEASED;/'
tap_check "changelog: no date" refuses 'has no date: ' committed edited debian/changelog 's/^ -- .*/ -- somebody/'

tag_elsewhere() {
  in_project tag "v$version" && committed edited README.md 1d
}
tap_check "the tag is at another commit" refuses "the tag v$version is at another commit, ${base:0:12}: .*new-version.sh" tag_elsewhere
# As others have it, who signed it.
remote_has_tag() {
  git -C "$scratch/remote" tag --annotate --message "Theirs." "v$version" && committed edited README.md 1d
}
tap_check "upstream's tag is at another commit" refuses "the tag v$version of upstream is at another commit, ${base:0:12}" remote_has_tag
git -C "$scratch/remote" tag --delete "v$version" >/dev/null
tap_check "a remote that is gone" refuses 'gone does not tell .*remote remove gone' in_project remote add gone "$scratch/none"
in_project remote remove gone

tap_check "kernels.md: a row is another" refuses 'not that of docs/kernels-tried.tsv: ' committed edited docs/kernels.md '/^| trixie |/s/10 | 0/11 | 0/'
failed_kernel() {
  ran trixie 2 && record && ran trixie 0
}
tap_check "a kernel of the matrix has failures" refuses 'failed on the kernel trixie, in demo: .*--kernel trixie' committed failed_kernel
tap_check "a kernel of the matrix was never run" refuses 'nothing of the kernel new, .*--kernel new' \
  committed edited tests/rig/kernels.list '1i new trixie new yes all'
tap_check "the README's bench table is another" refuses 'not that of docs/bench.md \(mmap and touch .* of [0-9.]*\): ' committed edited README.md '/^| mmap and/s/ ms/1 ms/'
tap_check "docs/bench.md is another" refuses 'not that of docs/bench.md \(.* more\): ' committed edited docs/bench.md '/^## /s/[0-9]/1&/'

no_key() {
  refused release "$1" build "$out" release KEY="$2"
}
tap_check "without a key" no_key 'whose signature\? set KEY .*make release KEY' ''
tap_check "a key that is not there" no_key "no secret key 'nobody'" nobody
no_repository() {
  local status=0
  mv "$project/.git" "$scratch/put.aside"
  refused release 'not a git repository' make_release || status=1
  mv "$scratch/put.aside" "$project/.git"
  return "$status"
}
tap_check "not a repository" no_repository
no_compiler() {
  local program
  mkdir "$scratch/path" && for program in /usr/bin/* /usr/sbin/*; do
    case $program in *aarch64*) ;; *) ln --symbolic --force "$program" "$scratch/path" ;; esac
  done
  PATH=$scratch/path refused release 'all packages' make_release
}
tap_check "no compiler for arm64" no_compiler

# At once, a sentence each.
everything() {
  local output
  cd "$project"
  edited VERSION 's/.*/9.9/' && edited debian/changelog '1s/) [a-z]*;/) UNRELEASED;/' && edited README.md '/^| mmap and/s/ ms/1 ms/' &&
    edited docs/kernels.md '/^| trixie |/s/10 | 0/11 | 0/' || return 1
  ! output=$(build "$out" release KEY=nobody 2>&1) || return 1
  as_before
  printf '%s\n' "$output"
  grep '^release: error: ' <<<"$output" | sed 's/^release: error: \(.\{18\}\).*/\1/' | LC_ALL=C sort |
    diff - <(printf '%s\n' 'VERSION is 9.9 and' "gpg has no secret " "the README's bench" 'the newest entry o' 'the table in docs/' 'there is what was ')
}
tap_check "several things: all are told of" everything
tap_check "errors leave nothing" [ ! -e "$out" ]

# --- builds that are not the same

leaks_path() {
  # shellcheck disable=SC2016 # that script's own
  committed edited scripts/make-dist.sh 's,^mkdir "$tree"$,&; pwd >"$tree/where",'
}
two_builds_differ() {
  refuses "two builds are not the same: .*$out/differ" leaks_path && ls "$out"/differ/first/*.gz "$out"/differ/second/*.gz && [ ! -e "$release" ]
}
tap_check "a build that tells where it was built: refused, both are kept" two_builds_differ

# --- what it makes

makes_release() {
  make_release >"$scratch/said" && cat "$scratch/said" && [ "$(head --lines=1 "$scratch/said")" = "$release" ]
}
tap_check "make release" makes_release

# made FOLDER: what make dist deb rpm make.
made() {
  (cd "$1" && ls -- *.tar.gz *.deb *.rpm)
}
has_all() {
  made "$out" >"$scratch/made" && grep --quiet '\.deb$' "$scratch/made" && grep --quiet '\.rpm$' "$scratch/made" &&
    { cat "$scratch/made" && printf '%s\n' SHA256SUMS SHA256SUMS.asc "${spdx##*/}"; } | LC_ALL=C sort | diff - <(LC_ALL=C ls "$release")
}
tap_check "it has all that was built, and three files more" has_all
lists_all() {
  sed 's/^[0-9a-f]\{64\}  //' "$release/SHA256SUMS" | LC_ALL=C sort | diff - <(cd "$release" && LC_ALL=C ls --ignore='SHA256SUMS*')
}
tap_check "the checksums are those of all files" lists_all

# genuine FOLDER: as the last line says, with that key alone.
genuine() {
  (umask 077 && mkdir --parents "$scratch/host")
  gpg --export "$key" | GNUPGHOME=$scratch/host gpg --quiet --import
  cd "$1" && GNUPGHOME=$scratch/host gpg --status-fd 1 --verify SHA256SUMS.asc SHA256SUMS | grep "VALIDSIG $key" && sha256sum --quiet --check SHA256SUMS
}
tap_check "signature and checksums are right" genuine "$release"

# notices FILE TEXT: genuine says that, of a release whose FILE is altered.
notices() {
  local output
  rm --recursive --force "$scratch/altered"
  cp --recursive "$release" "$scratch/altered"
  echo >>"$scratch/altered/$1"
  ! output=$(genuine "$scratch/altered" 2>&1) || return 1
  printf '%s\n' "$output"
  grep --quiet "$2" <<<"$output"
}
for file in "$package-$version.tar.gz" "${spdx##*/}" $(sed --quiet '1p; $p' "$scratch/made"); do
  tap_check "altered is noticed: $file" notices "$file" "^$file: FAILED"
done
tap_check "altered is noticed: the checksums" notices SHA256SUMS 'BAD signature'

# --- SPDX

valid() {
  "$top/tests/packages/spdx.py" "$1" "$release"
}
tap_check "SPDX: it is valid, and of these files" valid "$spdx"

# invalid EXPRESSION TEXT: says that of a document that sed has changed so.
invalid() {
  local output
  sed "$1" "$spdx" >"$scratch/spdx" && ! cmp --silent "$spdx" "$scratch/spdx" || return 1
  ! output=$(valid "$scratch/spdx" 2>&1) || return 1
  printf '%s\n' "$output"
  grep --quiet "$2" <<<"$output"
}
tap_check "SPDX: a field that is missing is noticed" invalid /dataLicense/d "document: dataLicense is None"
tap_check "SPDX: a file of no licence is noticed" invalid '/"fileName": ".\/VERSION"/,/copyrightText/s/"licenseConcluded": ".*"/"licenseConcluded": ""/' \
  "^./VERSION: licenseConcluded"
tap_check "SPDX: a checksum of something else is noticed" invalid '/"fileName": ".\/VERSION"/,/SHA256/s/"checksumValue": "./&0/' "^./VERSION: other checksums"
tap_check "SPDX: a relation to nothing is noticed" invalid 's/"relatedSpdxElement": "SPDXRef-Source"/"relatedSpdxElement": "SPDXRef-Nothing"/' 'no SPDXRef-Nothing'

# sbom_says SENTENCE FILE: of a tarball without that file.
sbom_says() {
  local output status=0
  mkdir --parents "$scratch/less" && unpack "$out" "$scratch/less/$package-$version" && rm "$scratch/less/$package-$version/$2" &&
    tar --create --gzip --directory="$scratch/less" --file="$scratch/less/$package-$version.tar.gz" "$package-$version" || return 1
  output=$(SOURCE_DATE_EPOCH=1 "$top/scripts/sbom.py" "$scratch/less/$package-$version.tar.gz" 2>&1) || status=$?
  rm --recursive "$scratch/less"
  printf '%s\n' "$output"
  [ "$status" -eq 1 ] && [[ $output = "sbom: error: "*"$1"* ]]
}
tap_check "SPDX: a file that has no licence is an error" sbom_says 'nothing says what the licence of ' REUSE.toml
tap_check "SPDX: a licence whose text is missing is an error" sbom_says 'put it into LICENSES/FSFAP.txt' LICENSES/FSFAP.txt

# --- what it says to do next

tags() {
  cd "$project" && sh -e -c "$(sed --quiet 's/^Tag it: *//p' "$scratch/said")" && git tag --verify "v$version" &&
    no_key "no secret key 'nobody'" nobody
}
tap_check "next: the tag; where that is there, it can be released again" tags
tap_check "next: make repo finds the packages" sh -e -c "$(sed --quiet "s,URL=.*,URL=https://packages.invalid,; s,^ *make repo,make --silent --directory=$project repo,p" "$scratch/said")"

tap_done
