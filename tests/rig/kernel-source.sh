# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Kernels built here, from the source package of a suite and the files in
# kernel-config/. Source lib.sh, root.sh, kernel.sh and sources.sh first.
#
# In the cache: kernels/NAME/source/  the source, while the kernel is being built

# What the kernel needs neither for its own build nor for that of modules, and is large.
KERNEL_SOURCE_UNUSED=(
  '*/Documentation/*.rst' '*/tools/testing' '*/sound/*.[ch]'
  '*/drivers/gpu/drm/*.[ch]' '*/drivers/media/*.[ch]' '*/drivers/net/*/*.[ch]'
)

# kernel_config_files HOW CONFIG: what compile-kernel.sh configures a kernel with; exactly that
# of several is CONFIG+CONFIG. A kernel's own configuration is in its source.
kernel_config_files() {
  local config=$RIG_DIR/kernel-config names
  case $1 in
    exact)
      IFS=+ read -r -a names <<<"base+$2"
      printf '%s.config\n' "${names[@]/#/$config/}"
      ;;
    known) printf '%s\n' "$config/base.config" "$config/older.config" "$config/$2.config" ;;
    own) ;;
  esac
}

# kernel_build_stamp HOW CONFIG: what such a kernel is made from, besides its source.
kernel_build_stamp() {
  local files
  mapfile -t files < <(kernel_config_files "$1" "$2")
  cat "${files[@]}" "$RIG_DIR/compile-kernel.sh" | sha256sum | cut --delimiter=' ' --fields=1
}

# kernel_stamp_is NAME STAMP: it was made from that.
kernel_stamp_is() {
  [ "$(cat "$(kernel_tree "$1")/.rig-stamp" 2>/dev/null)" = "$2" ]
}

# kernel_build NAME SUITE CONFIG REFRESH: builds it unless it is there as it has to be.
kernel_build() {
  local name=$1 suite=$2 config=$3 stamp
  sources_package "$suite" "$4"
  stamp="$(cat "$(sources_path "$suite")/list") $(kernel_build_stamp exact "$config")"
  kernel_stamp_is "$name" "$stamp" ||
    kernel_build_from "$name" "$stamp" exact "$config" kernel_source_unpack "$suite"
}

kernel_source_unpack() {
  sources_unpack "$1" "$2" "${KERNEL_SOURCE_UNUSED[@]/#/--exclude=}"
}

# kernel_build_from NAME STAMP HOW CONFIG UNPACK...: UNPACK with a folder behind it puts the
# source there.
kernel_build_from() {
  local name=$1 stamp=$2 how=$3 config=$4 path
  shift 4
  path=$(kernel_path "$name")
  rig_need_space 4000 "building kernel $name"
  mkdir --parents "$path"
  rm --recursive --force "$path/source" "$path/tree.new"
  mkdir "$path/source" "$path/tree.new"
  rig_step "unpacking the source of kernel $name" "$@" "$path/source"
  rig_step "building kernel $name" kernel_compile "$name" "$how" "$config" 3>&2
  printf '%s\n' "$stamp" >"$path/tree.new/.rig-stamp"
  kernel_tree_finish "$name"
  rm --recursive "$path/source"
}

kernel_compile() {
  local name=$1 path files
  path=$(kernel_path "$name")
  mapfile -t files < <(kernel_config_files "$2" "$3")
  root_enter "$RIG_DIR/compile-kernel.sh" "$path/source" "$path/tree.new" "$name" "$2" "${files[@]}"
}
