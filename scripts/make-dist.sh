#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make dist: OUT/nvgrace-gpu-vfio-pci-VERSION.tar.gz, the same byte for byte wherever
# and whenever it is made from the same files: those that git tracks, or in an unpacked
# tarball those there. Prints its path.

step=dist
cd "$(dirname "$0")/.."
# shellcheck source-path=SCRIPTDIR
. scripts/packaging.sh

# In an unpacked tarball: all files but what .gitignore names, which is what builds leave.
files_there() {
  local pattern ignored=(-path ./.git)
  while IFS= read -r pattern; do
    case $pattern in
      '' | '#'*) ;;
      /*) ignored+=(-o -path ".${pattern%/}") ;;
      *) ignored+=(-o -name "$pattern") ;;
    esac
  done <.gitignore
  find . \( "${ignored[@]}" -o -samefile "$OUT" \) -prune -o ! -type d -print0
}

# The folder may be somebody else's: there git has to be told that it is all right.
project_files() {
  if [ -e .git ]; then
    git -c safe.directory='*' ls-files --cached -z
  else
    files_there
  fi
}

spec_changelog() {
  awk '
    # A change, or the rest of one that is longer than a line.
    /^  +[^ ]/ { sub(/^ +/, ""); gsub(/%/, "%%"); text = text (sub(/^\* /, "") ? "- " : "  ") $0 "\n"; next }
    /^[^ ]/ { version = $2; gsub(/[()]/, "", version) }
    /^ -- / {
      who = $0; sub(/^ -- /, "", who); sub(/>  .*/, ">", who)
      when = $0; sub(/.*>  /, "", when); split(when, date, /[ ,]+/)
      printf "%s* %s %s %02d %s %s - %s-1\n%s", separator, date[1], date[3], date[2], date[4], who, version, text
      text = ""; separator = "\n"
    }
  ' debian/changelog
}

version=$(agreed_version)

make_out
make_work
tree=$work/$name-$version
mkdir "$tree"
project_files >"$work/files"
tar --create --null --verbatim-files-from --files-from="$work/files" | tar --extract --directory="$tree"
{
  sed "s/@VERSION@/$version/" "rpm/$name.spec.in"
  spec_changelog
} >"$tree/rpm/$name.spec"

tarball=$name-$version.tar.gz
tar --create --directory="$work" --format=gnu --sort=name --owner=0 --group=0 --numeric-owner --mode='u=rwX,go=rX' \
  --mtime="@${SOURCE_DATE_EPOCH:-$(changelog_epoch debian/changelog)}" "$name-$version" |
  gzip --no-name --best >"$work/$tarball"
mv "$work/$tarball" "$OUT"
printf '%s\n' "$OUT/$tarball"
