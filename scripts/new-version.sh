#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# new-version.sh VERSION CHANGE...: begins a new version, in VERSION and in
# debian/changelog, which say the same. Each CHANGE is a sentence of the changelog.
# Whose entry it is: DEBFULLNAME and DEBEMAIL, else what git knows.

step="new-version"
cd "$(dirname "$0")/.."
# shellcheck source-path=SCRIPTDIR
. scripts/packaging.sh

[ "$#" -gt 1 ] || die "usage: scripts/new-version.sh VERSION CHANGE..."
make_work
printf '%s\n' "$1" >"$work/VERSION"
shift
new=$(version_of "$work")
old=$(version_of .)
[ "$new" != "$old" ] || die "the version is $old already"
[ "$(printf '%s\n' "$old" "$new" | sort --version-sort | tail --lines=1)" = "$new" ] || die "$new is older than $old"

who=${DEBFULLNAME:-$(git config user.name)} || die "who are you? set DEBFULLNAME, or user.name of git"
email=${DEBEMAIL:-$(git config user.email)} || die "what is your address? set DEBEMAIL, or user.email of git"

{
  printf '%s (%s) unstable; urgency=medium\n\n' "$name" "$new"
  for change; do
    fold --spaces --width=74 <<<"$change" | sed 's/[[:space:]]*$//; 1s/^/  * /; 2,$s/^/    /'
  done
  printf '\n -- %s <%s>  %s\n\n' "$who" "$email" "$(LC_ALL=C date --rfc-email ${SOURCE_DATE_EPOCH:+--utc "--date=@$SOURCE_DATE_EPOCH"})"
  cat debian/changelog
} >"$work/changelog"
cat "$work/changelog" >debian/changelog
cat "$work/VERSION" >VERSION
