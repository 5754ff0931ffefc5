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

kernel_config_files() {
  printf '%s\n' "$RIG_DIR/kernel-config/base.config" "$RIG_DIR/kernel-config/$1.config"
}

# kernel_source_stamp SUITE CONFIG: what such a kernel is made from.
kernel_source_stamp() {
  local files
  mapfile -t files < <(kernel_config_files "$2")
  printf '%s %s\n' "$(cat "$(sources_path "$1")/list")" \
    "$(cat "${files[@]}" "$RIG_DIR/compile-kernel.sh" | sha256sum | cut --delimiter=' ' --fields=1)"
}

# kernel_build NAME SUITE CONFIG REFRESH: builds it unless it is there as it has to be.
kernel_build() {
  local name=$1 suite=$2 config=$3 path stamp
  path=$(kernel_path "$name")
  sources_package "$suite" "$4"
  stamp=$(kernel_source_stamp "$suite" "$config")
  [ "$(cat "$path/tree/.rig-stamp" 2>/dev/null)" != "$stamp" ] || return 0
  rig_need_space 4000 "building kernel $name"
  mkdir --parents "$path"
  rm --recursive --force "$path/source" "$path/tree.new"
  mkdir "$path/source" "$path/tree.new"
  rig_step "unpacking the source of kernel $name" \
    sources_unpack "$suite" "$path/source" "${KERNEL_SOURCE_UNUSED[@]/#/--exclude=}"
  rig_step "building kernel $name" kernel_compile "$name" "$config" 3>&2
  printf '%s\n' "$stamp" >"$path/tree.new/.rig-stamp"
  kernel_tree_finish "$name"
  rm --recursive "$path/source"
}

kernel_compile() {
  local name=$1 path files
  path=$(kernel_path "$name")
  mapfile -t files < <(kernel_config_files "$2")
  root_enter "$RIG_DIR/compile-kernel.sh" "$path/source" "$path/tree.new" "$name" "${files[@]}"
}
