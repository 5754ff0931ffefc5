# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Small roots of Debian's suites: their udev and kmod, unpacked, to be asked what they
# make of rules and settings. Source lib.sh, apt-sources.sh, root.sh and kernel.sh first.
#
# In the cache: suites/SUITE/   the root; never written to, layers are laid over it

SUITES=(bookworm trixie sid)
SUITE_PACKAGES=base-files,udev,kmod

suite_path() {
  printf '%s/suites/%s\n' "$RIG_CACHE" "$1"
}

# suite_setup SUITE REFRESH: makes it unless it is there already.
suite_setup() {
  local path
  [[ " ${SUITES[*]} " == *" $1 "* ]] || rig_die "there is no suite '$1'; the known ones are: ${SUITES[*]}"
  root_setup
  path=$(suite_path "$1")
  [ "$2" = no ] || { rig_lock "suite-$1" && rm --recursive --force --one-file-system "$path" && rig_unlock "suite-$1"; }
  rig_made "suite-$1" suite_is_current suite_make "$1"
}

suite_is_current() {
  [ "$(cat "$(suite_path "$1")/.rig-stamp" 2>/dev/null)" = "$SUITE_PACKAGES" ]
}

# Made beside, then renamed: an interruption leaves no half root.
suite_make() {
  local path
  path=$(suite_path "$1")
  rm --recursive --force --one-file-system "$path" "$path.new"
  rig_need_space 300 "the root of $1"
  mkdir --parents "${path%/*}"
  root_write_apt "$(root_path)"
  rig_step "making a root of $1" root_enter "$RIG_DIR/suite-root.sh" "$1" "$SUITE_PACKAGES" "$path.new"
  printf '%s\n' "$SUITE_PACKAGES" >"$path.new/.rig-stamp"
  mv "$path.new" "$path"
}
