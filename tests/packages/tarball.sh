#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make dist and new-version.sh. Prints TAP. Runs inside the rig's root, where the
# project cannot be written to.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/packages.sh"
# shellcheck source-path=SCRIPTDIR/..
. "$top/tests/tap.sh"

tarball=$package-$version.tar.gz
first=$scratch/first/$tarball

makes_tarball() {
  [ "$(build "$scratch/first" dist)" = "$first" ] && gzip --test "$first"
}
tap_check "make dist, in a folder that cannot be written to" makes_tarball

# tarball_again OUT COMMAND...: of $project, as it comes out there.
tarball_again() {
  local out=$1
  shift
  build "$out" dist >/dev/null
  same_files "$first" "$out/$tarball"
}

elsewhere_and_later() (
  umask 077
  export TZ=XYZ-13 LC_ALL=POSIX NO_FAKE_STAT=1
  project=$scratch/unpacked
  unpack "$scratch/first" "$project"
  faketime '2031-05-06 07:08:09' make --silent --directory="$project" OUT="$scratch/later" dist
  same_files "$first" "$scratch/later/$tarball"
)
tap_check "the same from the unpacked tarball, years later, elsewhere, with another umask" elsewhere_and_later

after_a_build() (
  project=$scratch/built
  unpack "$scratch/first" "$project"
  cd "$project"
  mkdir .cache dist
  touch src/access.o src/.access.o.cmd src/nvgrace-gpu-vfio-pci.ko src/Module.symvers .cache/x dist/x
  tarball_again dist && tarball_again out
)
tap_check "the same after a build there" after_a_build

# As another user, with files that nobody added.
in_git() (
  project=$scratch/git
  unpack "$scratch/first" "$project"
  cd "$project"
  git init --quiet
  git add --all
  git rm --quiet --cached "rpm/$package.spec"
  touch src/not-added.c
  chown --recursive 65534 .
  tarball_again "$scratch/git.dist"
)
tap_check "the same from a git repository of another user: what git tracks" in_git

has_all_files() {
  local file
  (cd "$top" && git -c safe.directory='*' ls-files) >"$scratch/tracked"
  tar --list --file="$first" | sed "s,^$package-$version/,,; /\/$/d; /^$/d; \,^rpm/$package.spec$,d" >"$scratch/packed"
  while IFS= read -r file; do
    [ -e "$top/$file" ] && printf '%s\n' "$file"
  done <"$scratch/tracked" | sort | diff - <(sort "$scratch/packed")
}
# In a release there is nothing to compare with.
[ ! -e "$top/.git" ] || tap_check "it has what git tracks, and a spec" has_all_files

owned_by_root() {
  ! tar --list --verbose --numeric-owner --file="$first" |
    grep --invert-match --extended-regexp '^(-rw-r--r--|-rwxr-xr-x|drwxr-xr-x) 0/0 '
}
tap_check "all files are root's, and nobody else can write to them" owned_by_root

spec_has_version() {
  local spec=$scratch/unpacked/rpm/$package.spec
  grep --quiet --line-regexp "Version: *$version" "$spec" && ! grep '@[A-Z]' <(sed '/^%changelog/,$d' "$spec")
}
tap_check "the spec in it is of the same version" spec_has_version

# --- versions

project=$scratch/unpacked
new_version() {
  env DEBFULLNAME="Some Body" DEBEMAIL="somebody@packages.invalid" "$project/scripts/new-version.sh" "$@"
}

# set_version VERSION COMMAND...: with nothing but that file changed.
set_version() {
  local status=0 new=$1
  shift
  echo "$new" >"$project/VERSION"
  "$@" || status=$?
  echo "$version" >"$project/VERSION"
  return "$status"
}

tap_check "make dist: VERSION and changelog do not agree" \
  set_version 9.9 refused dist "VERSION is 9.9 and debian/changelog is about $version: .*new-version.sh" build "$scratch/none" dist
tap_check "make dist: a version with a hyphen" \
  set_version 1.0-2 refused dist "not '1.0-2'" build "$scratch/none" dist
tap_check "new-version.sh: no change" refused new-version 'usage: ' new_version 9.9
tap_check "new-version.sh: the version there is" refused new-version "$version already" new_version "$version" "Change."
tap_check "new-version.sh: an older version" refused new-version 'is older' new_version 0.0.1 "Change."
tap_check "new-version.sh: not a version" refused new-version "not 'new'" new_version new "Change."
tap_check "new-version.sh: nobody's" refused new-version 'who are you\? .*DEBFULLNAME' \
  env --unset=DEBFULLNAME HOME=/nonexistent GIT_CONFIG_NOSYSTEM=1 "$project/scripts/new-version.sh" 9.9 "Change."
nothing_changed() {
  [ "$(cat "$project/VERSION")" = "$version" ] && build "$scratch/unchanged" dist >/dev/null && same_files "$first" "$scratch/unchanged/$tarball"
}
tap_check "new-version.sh: failed ones change nothing" nothing_changed

begins_version() {
  new_version "$next_version" "First change, whose description is long enough that it has to go on in a second line, 100 % sure." "Second change." &&
    [ "$(cat "$project/VERSION")" = "$next_version" ] && build "$scratch/next" dist >/dev/null || return 1
  tar --extract --to-stdout --file="$scratch/next/$package-$next_version.tar.gz" "$package-$next_version/rpm/$package.spec" |
    sed '1,/^%changelog/d; s/^\* ... ... .. .... /* DATE /' | tee "$scratch/changelog" | diff - <(
      cat <<EOF
* DATE Some Body <somebody@packages.invalid> - $next_version-1
- First change, whose description is long enough that it has to go on in a
  second line, 100 %% sure.
- Second change.

EOF
      sed '1,/^%changelog/d; s/^\* ... ... .. .... /* DATE /' "$scratch/git/rpm/$package.spec"
    )
}
tap_check "new-version.sh: make dist makes that version, with the changes in the spec" begins_version

tap_done
