# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Parts of the kernel's source that no other package has: checkpatch, and whatever
# else is asked for. Source lib.sh, apt-sources.sh, root.sh and kernel.sh first.
#
# In the cache: sources/debs/  the package, until it is unpacked
#               sources/tree/  checkpatch, at its path in the kernel's tree
#               sources/NAME/  other parts, likewise

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
  rig_lock sources
  if [ ! -d "$(sources_path "$name")" ]; then
    rig_need_space 700 "the kernel source package"
    mkdir --parents "$RIG_CACHE/sources/debs"
    packages_update no
    rig_step "downloading the kernel source package" root_enter "$RIG_DIR/fetch-packages.sh" \
      "$RIG_CACHE/sources/debs" "$suite" source
    rig_step "unpacking what is needed of it" sources_unpack "$name" "$@"
  fi
  rig_unlock sources
}

# Unpacked beside, then renamed: an interruption leaves no half tree.
sources_unpack() {
  local name=$1 package new part
  shift
  package=$RIG_CACHE/sources/debs/$(cat "$RIG_CACHE/sources/debs/list")
  new=$(sources_path "$name").new
  rm --recursive --force "$new"
  mkdir "$new"
  # shellcheck disable=SC2016 # expanded by the inner shell
  root_enter bash -c 'set -o pipefail; package=$1 new=$2; shift 2
    dpkg-deb --fsys-tarfile "$package" | tar --extract --to-stdout --wildcards "./usr/src/linux-source-*.tar.xz" |
      xz --decompress --threads=0 --stdout | tar --extract --directory="$new" --strip-components=1 --wildcards "${@/#/*/}"' \
    bash "$package" "$new" "$@"
  for part; do
    [ -e "$new/$part" ] || rig_die "the kernel source package does not contain $part, which the rig needs"
  done
  mv "$new" "$(sources_path "$name")"
  rm --recursive "$RIG_CACHE/sources/debs"
}
