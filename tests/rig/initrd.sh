# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What a virtual host boots from: cpio archives one after the other. The first
# has the ACPI table, where the kernel looks before anything is unpacked; the
# second is the same for all hosts of a kernel and kept; the third is the scenario.
# Source lib.sh, root.sh, kernel.sh, in-kernel.sh, selftests.sh and scenario.sh first.

# initrd_base NAME: the part that all hosts of a kernel share.
initrd_base() {
  root_enter "$RIG_DIR/pack-initrd.sh" base "$(kernel_release "$1")" "$(kernel_tree "$1")" "$(build_path "$1")"
}

# initrd_guest NAME: what hosts that start guests have besides.
initrd_guest() {
  root_enter "$RIG_DIR/pack-initrd.sh" guest "$(kernel_release "$1")" "$(kernel_tree "$1")" "$(build_path "$1")" \
    "$(kernel_image "$1")" "$(build_path abi)/guest_init"
}

# initrd_make NAME SCENARIO-FILE FOLDER [shell]: writes FOLDER/initrd.
initrd_make() {
  local name=$1 scenario=$2 folder=$3 kind=${4:-run} guest=()
  [ "$SCENARIO_VIRTUALIZATION" != yes ] || guest=(guest)
  initrd_scenario "$scenario" "$folder/files" "$kind"
  if [ "$SCENARIO_IN_KERNEL" = yes ] && in_kernel_exists "$name"; then
    mkdir "$folder/files/rig/in-kernel"
    cp "$(in_kernel_module "$name")" "$folder/files/rig/in-kernel/"
  fi
  [ "$SCENARIO_SELFTESTS" != yes ] || selftests_install "$name" "$folder/files/rig/selftests"
  initrd_modules "$name" "$folder/files/rig/modules"
  root_enter "$RIG_DIR/pack-initrd.sh" host "$folder/files/rig/scenario" "$folder" "$(build_path "$name")" "${guest[@]}"
}

# The scenario's own modules, and a list of them with their parameters. One of the driver's
# name takes its place, as what is unpacked last wins.
initrd_modules() {
  local name=$1 folder=$2 line module
  for line in "${SCENARIO_MODULES[@]}"; do
    mkdir --parents "$folder"
    for module in "$(build_path "$name")/modules/$(basename "${line%% *}")"/*.ko; do
      cp "$module" "$folder/"
      printf '%s%s\n' "/rig/modules/${module##*/}" "${line#"${line%% *}"}" >>"$folder/own"
    done
  done
}

# The scenario's own part: the file itself, its programs, the parameters of its GPUs. A
# program is beside the file, or one of tests/abi.
initrd_scenario() {
  local scenario=$1 files=$2/rig kind=$3 line program
  rm --recursive --force "$2"
  mkdir --parents "$files/tests"
  cp "$scenario" "$files/scenario"
  virtual_gpu_parameters >"$files/virtual_gpu"
  [ "$kind" = run ] || touch "$files/shell"
  for line in "${SCENARIO_RUN[@]}"; do
    program=$(dirname "$scenario")/${line%% *}
    [ -f "$program" ] || program=$(build_path abi)/${line%% *}
    # A program that is not there is found out by the host, and fails there.
    [ ! -f "$program" ] || cp "$program" "$files/tests/"
  done
}

# The module takes lists, one value per GPU.
virtual_gpu_parameters() {
  printf 'device_id=%s erratum=%s readiness=%s cxl_timeout=%s link_ms=%s train_ms=%s\n' \
    "$(gpu_list id 0x2342)" "$(gpu_list erratum yes)" "$(gpu_list ready bar0)" \
    "$(gpu_list cxl_timeout 0)" "$(gpu_list link_ms 0)" "$(gpu_list train_ms 200)"
}

gpu_list() {
  local index values=()
  for index in "${!SCENARIO_GPUS[@]}"; do
    values+=("$(scenario_gpu "$index" "$1" "$2" | sed 's/^never$/-1/')")
  done
  (
    IFS=,
    printf '%s\n' "${values[*]}"
  )
}
