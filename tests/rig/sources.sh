# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Parts of the kernel's source that no other package has: checkpatch. Source lib.sh, apt-sources.sh, root.sh and kernel.sh first.
#
# In the cache: sources/debs/  the package, until it is unpacked
#               sources/tree/  the parts, at their paths in the kernel's tree

SOURCES_SUITE=trixie-backports
SOURCES_PARTS=(
  scripts/checkpatch.pl
  scripts/spelling.txt
  scripts/const_structs.checkpatch
)

sources_path() {
  printf '%s/sources/tree\n' "$RIG_CACHE"
}

sources_fetch() {
  root_setup
  rig_lock sources
  if [ ! -d "$(sources_path)" ]; then
    rig_need_space 700 "the kernel source package"
    mkdir --parents "$RIG_CACHE/sources/debs"
    packages_update no
    rig_step "downloading the kernel source package" root_enter "$RIG_DIR/fetch-packages.sh" \
      "$RIG_CACHE/sources/debs" "$SOURCES_SUITE" source
    rig_step "unpacking what is needed of it" sources_unpack
  fi
  rig_unlock sources
}

# Unpacked beside, then renamed: an interruption leaves no half tree.
sources_unpack() {
  local package new=$RIG_CACHE/sources/tree.new part
  package=$RIG_CACHE/sources/debs/$(cat "$RIG_CACHE/sources/debs/list")
  rm --recursive --force "$new"
  mkdir "$new"
  # shellcheck disable=SC2016 # expanded by the inner shell
  root_enter bash -c 'set -o pipefail; package=$1 new=$2; shift 2
    dpkg-deb --fsys-tarfile "$package" | tar --extract --to-stdout --wildcards "./usr/src/linux-source-*.tar.xz" |
      xz --decompress --threads=0 --stdout | tar --extract --directory="$new" --strip-components=1 --wildcards "${@/#/*/}"' \
    bash "$package" "$new" "${SOURCES_PARTS[@]}"
  for part in "${SOURCES_PARTS[@]}"; do
    [ -f "$new/$part" ] || rig_die "the kernel source package does not contain $part, which the rig needs"
  done
  mv "$new" "$(sources_path)"
  rm --recursive "$RIG_CACHE/sources/debs"
}
