# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Builds what goes into a virtual host: the driver and the virtual GPU for a
# kernel, and the test programs. Source lib.sh, root.sh, kernel.sh and initrd.sh
# first.
#
# In the cache: build/NAME/src, build/NAME/gpu   the two modules for kernel NAME
#               build/NAME/modules/MODULE        a scenario's own
#               build/abi                        the test programs

build_path() {
  printf '%s/build/%s\n' "$(rig_work)" "$1"
}

build_kernel() {
  local name=$1 path stamp
  kernel_fetch "$name"
  build_programs
  path=$(build_path "$name")
  rig_lock "build-$name"
  build_once "$name" src "the driver" src VERSION
  build_once "$name" gpu "the virtual GPU" tests/rig/gpu
  stamp=$(cat "$path/src.stamp" "$path/gpu.stamp")-$(cd "$RIG_TOP" && rig_hash tests/rig/init tests/rig/pack-initrd.sh)
  if [ "$(cat "$path/base.stamp" 2>/dev/null)" != "$stamp" ]; then
    rig_step "packing what hosts of kernel $name share" initrd_base "$name"
    printf '%s\n' "$stamp" >"$path/base.stamp"
  fi
  rig_unlock "build-$name"
}

# build_guest NAME: for hosts that start guests.
build_guest() {
  local name=$1 path stamp
  path=$(build_path "$name")
  rig_lock "build-$name"
  stamp=$(cat "$path/base.stamp")-$(root_stamp boot all)-$(rig_hash "$(build_path abi)/guest_init")
  if [ "$(cat "$path/guest.stamp" 2>/dev/null)" != "$stamp" ]; then
    rig_need_space 300 "QEMU in hosts of kernel $name"
    rig_step "packing QEMU and guests for hosts of kernel $name" initrd_guest "$name"
    printf '%s\n' "$stamp" >"$path/guest.stamp"
  fi
  rig_unlock "build-$name"
}

# build_gpu NAME: only the virtual GPU, for hosts that boot something else.
build_gpu() {
  local name=$1
  kernel_fetch "$name"
  rig_lock "build-$name"
  build_once "$name" gpu "the virtual GPU" tests/rig/gpu
  rig_unlock "build-$name"
}

# build_once NAME FOLDER WHAT SOURCE...: the module in FOLDER, copied and built unless
# what it is made from is as it was. The first SOURCE is the folder.
build_once() {
  local name=$1 folder=$2 what=$3 path stamp
  shift 3
  path=$(build_path "$name")
  stamp=$(kernel_identity "$name")-$(cd "$RIG_TOP" && rig_hash "$@" tests/rig/compile.sh tests/rig/tools.list)
  [ "$(cat "$path/$folder.stamp" 2>/dev/null)" != "$stamp" ] || return 0
  rig_need_space 100 "the build for kernel $name"
  mkdir --parents "$path"
  rm --recursive --force "${path:?}/$folder" "$path/$folder.stamp"
  (cd "$RIG_TOP" && cp --recursive "$@" "$path")
  rig_step "building $what for kernel $name" build_module "$name" "$folder"
  printf '%s\n' "$stamp" >"$path/$folder.stamp"
}

build_module() {
  local name=$1 folder=$2
  root_enter --kernel "$(kernel_tree "$name")" \
    "$RIG_DIR/compile.sh" --strict "$(kernel_headers "$name")" "$(build_path "$name")/$folder"
}

# build_modules NAME FOLDER: a scenario's own, whose sources are in folders in FOLDER.
build_modules() {
  local name=$1 line source
  rig_lock "build-$name"
  for line in "${SCENARIO_MODULES[@]}"; do
    source=$(cd "$2" && realpath "${line%% *}")
    [ -d "$source" ] || rig_die "there is no folder $source with the source of a module"
    rig_step "building the module ${source##*/} for kernel $name" build_foreign "$name" "$source"
  done
  rig_unlock "build-$name"
}

# build_foreign NAME SOURCE: a copy of it, as it is. Not kept: what its build needs is its
# own business.
build_foreign() {
  local name=$1 copy
  copy=$(build_path "$name")/modules/${2##*/}
  rm --recursive --force "$copy"
  mkdir --parents "${copy%/*}"
  cp --recursive "$2" "$copy"
  find "$copy" -name '*.ko' -delete
  root_enter --kernel "$(kernel_tree "$name")" "$RIG_DIR/compile.sh" "$(kernel_headers "$name")" "$copy"
  compgen -G "$copy/*.ko" >/dev/null || rig_die "the build of $2 made no module there"
}

# Which way each feature probe of the driver goes. A build that stops at one still says.
build_features() {
  local name=$1 report
  kernel_fetch "$name"
  report=$(build_path "$name")/src/features.txt
  rig_lock "build-$name"
  (build_once "$name" src "the driver" src VERSION) || true
  rig_unlock "build-$name"
  [ -r "$report" ] || rig_die "kernel $name was not asked for its features: see the log of building the driver for it"
  cat "$report"
}

# make knows what is out of date here.
build_programs() {
  local make
  make=(make --directory="$RIG_TOP/tests/abi" CC=aarch64-linux-gnu-gcc-14 OUT="$(build_path abi)")
  rig_lock build-abi
  mkdir --parents "$(build_path abi)"
  root_enter "${make[@]}" --question >/dev/null 2>&1 ||
    rig_step "building the test programs" root_enter "${make[@]}" --jobs="$(nproc)"
  rig_unlock build-abi
}
