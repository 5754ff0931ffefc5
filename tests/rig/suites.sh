# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Small roots: udev and kmod of Debian's suites, unpacked, to be asked what they make of
# rules and settings; "fleet", the programs that read what is in fleet/, and "nova", that reads
# what the tool prints for it, of the suite of the rig's own root. Source lib.sh, apt-sources.sh, root.sh and kernel.sh first.
#
# In the cache: suites/NAME/   the root; never written to, layers are laid over it

SUITES=(bookworm trixie sid)
SUITE_PACKAGES=base-files,udev,kmod
NOVA_PACKAGES=base-files,python3-nova
FLEET_PACKAGES=ansible-core,ansible-lint,base-files,cloud-init,mkosi,python3-apt

# suite_packages NAME: the suite, and packages of it.
suite_packages() {
  case $1 in
    fleet) printf '%s %s\n' "$RIG_ROOT_SUITE" "$FLEET_PACKAGES" ;;
    nova) printf '%s %s\n' "$RIG_ROOT_SUITE" "$NOVA_PACKAGES" ;;
    *) printf '%s %s\n' "$1" "$SUITE_PACKAGES" ;;
  esac
}

suite_path() {
  printf '%s/suites/%s\n' "$RIG_CACHE" "$1"
}

# suite_setup NAME REFRESH: makes it unless it is there already.
suite_setup() {
  local path
  [[ " ${SUITES[*]} fleet nova " == *" $1 "* ]] || rig_die "there is no suite '$1'; the known ones are: ${SUITES[*]} fleet nova"
  root_setup
  path=$(suite_path "$1")
  [ "$2" = no ] || { rig_lock "suite-$1" && rm --recursive --force --one-file-system "$path" && rig_unlock "suite-$1"; }
  rig_made "suite-$1" suite_is_current suite_make "$1"
}

suite_is_current() {
  [ "$(cat "$(suite_path "$1")/.rig-stamp" 2>/dev/null)" = "$(suite_packages "$1")" ]
}

# Made beside, then renamed: an interruption leaves no half root.
suite_make() {
  local path suite packages
  path=$(suite_path "$1")
  read -r suite packages < <(suite_packages "$1")
  rm --recursive --force --one-file-system "$path" "$path.new"
  rig_need_space 700 "the root of $1"
  mkdir --parents "${path%/*}"
  root_write_apt "$(root_path)"
  rig_step "making a root of $1" root_enter "$RIG_DIR/suite-root.sh" "$suite" "$packages" "$path.new"
  suite_packages "$1" >"$path.new/.rig-stamp"
  mv "$path.new" "$path"
}
