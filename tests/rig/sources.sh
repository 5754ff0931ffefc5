# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The kernel's source, as Debian packages it, and what else only it has: checkpatch,
# the in-kernel driver. Source lib.sh, apt-sources.sh, root.sh and kernel.sh first.
#
# In the cache: sources/SUITE/  the package of the newest kernel in SUITE
#               sources/tree/   checkpatch, at its path in the kernel's tree
#               sources/NAME/   other parts, likewise

SOURCES_SUITE=trixie-backports
SOURCES_PARTS=(
  scripts/checkpatch.pl
  scripts/spelling.txt
  scripts/const_structs.checkpatch
)

# sources_path [NAME]
sources_path() {
  printf '%s/sources/%s\n' "$RIG_CACHE" "${1:-tree}"
}

sources_fetch() {
  sources_fetch_parts tree "$SOURCES_SUITE" "${SOURCES_PARTS[@]}"
}

# sources_fetch_parts NAME SUITE PART...: files or folders of the source of the newest
# kernel in SUITE, into sources/NAME unless that is there.
sources_fetch_parts() {
  local name=$1 suite=$2
  shift 2
  root_setup
  rig_lock "sources-$name"
  if [ ! -d "$(sources_path "$name")" ]; then
    sources_package "$suite" no
    rig_step "unpacking what is needed of it" sources_unpack_parts "$name" "$suite" "$@"
  fi
  rig_unlock "sources-$name"
}

# sources_package SUITE REFRESH: the package is there.
sources_package() {
  local suite=$1 refresh=$2 folder
  folder=$(sources_path "$suite")
  rig_lock "source-package-$suite"
  if [ "$refresh" = yes ] || [ ! -f "$folder/list" ]; then
    rig_need_space 300 "the kernel source package of $suite"
    mkdir --parents "$folder"
    packages_update "$refresh"
    rig_step "downloading the kernel source package of $suite" root_enter "$RIG_DIR/fetch-packages.sh" \
      "$folder" "$suite" source
  fi
  rig_unlock "source-package-$suite"
}

# sources_unpack SUITE FOLDER TAR-OPTION...: what tar takes with these, into FOLDER.
sources_unpack() {
  local folder
  folder=$(sources_path "$1")
  # shellcheck disable=SC2016 # expanded by the inner shell
  root_enter bash -c 'set -o pipefail; package=$1; shift
    dpkg-deb --fsys-tarfile "$package" | tar --extract --to-stdout --wildcards "./usr/src/linux-source-*.tar.xz" |
      xz --decompress --stdout | tar --extract --strip-components=1 "$@"' \
    bash "$folder/$(cat "$folder/list")" --directory="$2" "${@:3}"
}

# Unpacked beside, then renamed: an interruption leaves no half tree.
sources_unpack_parts() {
  local name=$1 suite=$2 new part
  shift 2
  new=$(sources_path "$name").new
  rm --recursive --force "$new"
  mkdir "$new"
  sources_unpack "$suite" "$new" --wildcards "${@/#/*/}"
  for part; do
    [ -e "$new/$part" ] || rig_die "the kernel source package does not contain $part, which the rig needs"
  done
  mv "$new" "$(sources_path "$name")"
}
