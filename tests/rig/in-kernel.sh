# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The kernel's own driver for the same GPUs, to measure against. Debian's kernels leave
# it out, so it is built from the kernel's source package. Source lib.sh, root.sh,
# kernel.sh, sources.sh and build.sh first.
#
# In the cache: sources/in-kernel-RELEASE   its source, for kernel RELEASE
#               build/NAME/in-kernel        the module

IN_KERNEL_FOLDER=drivers/vfio/pci/nvgrace-gpu

# Old kernels have no such driver: then their configuration does not know it. Of one from a
# folder there is no source package.
in_kernel_exists() {
  [[ $(kernel_column "$1" 2) != /* ]] &&
    grep --quiet CONFIG_NVGRACE_GPU_VFIO_PCI "$(kernel_tree "$1")$(kernel_headers "$1")/.config"
}

in_kernel_module() {
  printf '%s/in-kernel/nvgrace-gpu-vfio-pci.ko\n' "$(build_path "$1")"
}

# in_kernel_build NAME: nothing, if there is none for this kernel.
in_kernel_build() {
  local name=$1 source
  kernel_fetch "$name"
  in_kernel_exists "$name" || return 0
  source=in-kernel-$(kernel_release "$name")
  sources_fetch_parts "$source" "$(kernel_column "$name" 2)" "$IN_KERNEL_FOLDER"
  rig_lock "build-$name"
  # The source is what its name says.
  if [ "$(cat "$(build_path "$name")/in-kernel.stamp" 2>/dev/null)" != "$source" ]; then
    rig_step "building the in-kernel driver for kernel $name" in_kernel_compile "$name" "$source"
    printf '%s\n' "$source" >"$(build_path "$name")/in-kernel.stamp"
  fi
  rig_unlock "build-$name"
}

# A Makefile would be overwritten by kbuild of 7.x.
in_kernel_compile() {
  local name=$1 folder
  folder=$(build_path "$name")/in-kernel
  rm --recursive --force "$folder"
  mkdir --parents "$folder"
  cp "$(sources_path "$2")/$IN_KERNEL_FOLDER"/* "$folder"
  mv "$folder/Makefile" "$folder/Kbuild"
  root_enter --kernel "$(kernel_tree "$name")" \
    "$RIG_DIR/compile.sh" "$(kernel_headers "$name")" "$folder" CONFIG_NVGRACE_GPU_VFIO_PCI=m
}
