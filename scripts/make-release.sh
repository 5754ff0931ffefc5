#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make release: OUT/release, which has tarball and packages of this version, what is in
# them (SPDX), and checksums of all that, signed with KEY. Says first all that is not yet as it
# has to be, see release-checks.sh. All is built twice, here and in a copy, and has to be
# the same byte for byte. Prints what to do next.
#
# KEY  a GPG key of which the secret part is there: id, fingerprint or address

step=release
cd "$(dirname "$0")/.."
# shellcheck source-path=SCRIPTDIR
. scripts/packaging.sh
# shellcheck source-path=SCRIPTDIR
. scripts/signing.sh
# shellcheck source-path=SCRIPTDIR
. scripts/release-checks.sh

# build KIND TREE OUT [VARIABLE=VALUE...]
build() {
  env "${@:4}" OUT="$3" "$2/scripts/make-$1.sh" >/dev/null || die "there is no release: see above"
}

# Nothing of what the two builds make may show where, when or by whom it was built.
build_twice() {
  local kind copy=$work/some/other/folder
  (umask 077 && mkdir --parents "$copy" && project_git archive HEAD | tar --extract --directory="$copy")
  for kind in dist deb rpm; do
    printf 'release: make %s, twice\n' "$kind" >&2
    build "$kind" . "$first" TZ=UTC LC_ALL=C.UTF-8
    (umask 077 && build "$kind" "$copy" "$second" TZ=XYZ-13 LC_ALL=POSIX HOME="$work" USER=nobody)
    diff --recursive --brief "$first" "$second" >&2 || {
      rm --recursive --force "$OUT/differ"
      mkdir "$OUT/differ"
      mv "$first" "$OUT/differ/first"
      mv "$second" "$OUT/differ/second"
      die "two builds are not the same: see above; both are in $OUT/differ, to be compared with diffoscope"
    }
  done
}

release_checks || wrong=1
check find_key
[ "$wrong" -eq 0 ] || exit 1
find_key
make_out
make_work
version=$(agreed_version)
tag=v$version
SOURCE_DATE_EPOCH=$(changelog_epoch debian/changelog)
export SOURCE_DATE_EPOCH
# What make passes on to the make programs it starts is not for those in the builds.
unset MAKEFLAGS MFLAGS MAKELEVEL

# Made beside, then renamed.
first=$OUT/.release.new second=$work/second
trap 'rm --recursive --force "$work" "$first"' EXIT
rm --recursive --force "$first"
mkdir "$first"
build_twice

(
  cd "$first"
  packages=(*.deb *.rpm)
  python3 "$OLDPWD/scripts/sbom.py" "$name-$version.tar.gz" "${packages[@]}" >"$name-$version.spdx.json" ||
    die "the list of what is in it cannot be made: see above"
  sha256sum -- * >"$work/SHA256SUMS"
  mv "$work/SHA256SUMS" .
  sign --detach-sign --armor --output SHA256SUMS.asc SHA256SUMS
)
# Where make repo looks for them.
cp "$first"/*.tar.gz "$first"/*.deb "$first"/*.rpm "$OUT"
rm --recursive --force "$OUT/release"
mv "$first" "$OUT/release"

cat <<EOF_NEXT
$OUT/release

Tag it:      git tag --sign --local-user $key --message "$name $version" $tag
             git push REMOTE $tag
Publish:     all files of $OUT/release, where people download them
             make repo KEY=$key OUT=$OUT URL=https://…
Who has it:  gpg --verify SHA256SUMS.asc SHA256SUMS && sha256sum --check SHA256SUMS
EOF_NEXT
