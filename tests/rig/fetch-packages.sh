#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# fetch-packages.sh DEBS SUITE kernel FLAVOUR
# fetch-packages.sh DEBS SUITE source
# Runs inside the root. Makes DEBS hold the newest packages of SUITE that make up
# a kernel (image, modules, headers for arm64, build tools for this machine) or
# have the newest kernel's source, each checked against the hash in the signed package lists,
# and writes their file names to DEBS/list.

set -euo pipefail

debs=$1 suite=$2 kind=$3 flavour=${4:-}

fail() {
  printf 'rig: error: %s\n' "$*" >&2
  exit 1
}

# newest PACKAGE: its newest version in the suite.
newest() {
  local versions
  versions=$(apt-cache madison "$1" | awk -F ' *[|] *' -v suite=" $suite/" 'index($3, suite) { print $2 }')
  [ -n "$versions" ] || fail "Debian's $suite has no package ${1%%:*}; is the mirror complete?"
  # apt lists them newest first
  head --lines=1 <<<"$versions"
}

# look_up PACKAGE VERSION: its record, into $record. Reading the lists is what takes
# time here, so each package's is read once.
look_up() {
  record=$(apt-cache show "$1=$2" 2>/dev/null) || true
  [ -n "$record" ] ||
    fail "the package lists have no ${1%%:*} $2: run rig kernel with --refresh"
}

# field NAME: a field of the record.
field() {
  sed --quiet "s/^$1: //p" <<<"$record" | head --lines=1
}

# dependencies: the names of the kernel's own packages that the record needs.
dependencies() {
  { field Depends; field Pre-Depends; } | tr ',' '\n' | sed 's/|.*//; s/(.*//; s/[[:space:]]//g' |
    grep --extended-regexp '^linux-(image|base|binary|modules|headers|kbuild)-[0-9]' || true
}

# fetch PACKAGE VERSION: what was looked up last, into DEBS, unless a good copy is there.
fetch() {
  local name=$1 version=$2 file sum new damaged=no
  sum=$(field SHA256)
  file=${name%%:*}_${version//:/%3a}.deb
  printf '%s\n' "$file" >>"$debs/list.new"
  if [ -f "$debs/$file" ]; then
    if is_good "$debs/$file" "$sum"; then
      return
    fi
    printf 'rig: %s in the cache is damaged or incomplete: fetching it again\n' "$file" >&2
    rm "$debs/$file"
    damaged=yes
  fi
  new=$(mktemp --directory "$debs/new.XXXXXX")
  if ! (cd "$new" && apt-get --quiet --option APT::Sandbox::User=root download "$name=$version"); then
    rm --recursive "$new"
    [ "$damaged" = no ] ||
      fail "$file in the cache was damaged and could not be fetched again: check the network, or set RIG_MIRROR to a Debian mirror that can be reached"
    exit 1
  fi
  is_good "$new"/*.deb "$sum" ||
    fail "$file came without the hash that the package lists give: the mirror may be changing just now, try again later"
  mv "$new"/*.deb "$debs/$file"
  rmdir "$new"
}

is_good() {
  [ "$(sha256sum "$1" | cut --delimiter=' ' --fields=1)" = "$2" ]
}

fetch_kernel() {
  local meta=linux-image-$1:arm64 version todo done=' ' name
  version=$(newest "$meta")
  look_up "$meta" "$version"
  todo=$(dependencies)
  [ -n "$todo" ] || fail "$meta $version does not name a kernel image"
  todo="$todo ${todo/image/headers}"
  while read -r name todo <<<"${todo//$'\n'/ }" && [ -n "$name" ]; do
    case $done in *" $name "*) continue ;; esac
    done+="$name "
    # The build tools run here and common headers are of no architecture; the
    # rest is for the virtual host.
    case $name in linux-kbuild-* | *-common*) ;; *) name+=:arm64 ;; esac
    look_up "$name" "$version"
    fetch "$name" "$version"
    todo+=" $(dependencies)"
  done
}

fetch_source() {
  local version name
  version=$(newest linux-source)
  look_up linux-source "$version"
  name=$(field Depends | sed 's/[ ,].*//')
  look_up "$name" "$version"
  fetch "$name" "$version"
}

rm --recursive --force "$debs"/new.* "$debs/list.new"
case $kind in
  kernel) fetch_kernel "$flavour" ;;
  source) fetch_source ;;
esac
mv "$debs/list.new" "$debs/list"
for file in "$debs"/*.deb; do
  # what an older version left
  grep --quiet --line-regexp --fixed-strings "${file##*/}" "$debs/list" || rm "$file"
done
