# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Real systems: Debian for arm64, made once and kept. Source lib.sh, root.sh and
# kernel.sh first.
#
# In the cache: systems/NAME/image.ext4    the disk; never written to, disks are laid over it
#               systems/NAME/boot/         its kernel and initrd
#               systems/NAME/stamp         what all of it was made from
#               ccache/NAME/               compiler cache of the systems' DKMS builds

system_names() {
  awk '!/^#/ && NF == 3 { print $1 }' "$RIG_DIR/systems.list"
}

# system_column NAME COLUMN, or a sentence that lists the known names.
system_column() {
  local value
  value=$(awk -v name="$1" -v column="$2" '!/^#/ && $1 == name { print $column }' "$RIG_DIR/systems.list")
  [ -n "$value" ] ||
    rig_die "there is no system '$1'; the known ones are: $(system_names | paste --serial --delimiters=' ')"
  printf '%s\n' "$value"
}

system_path() {
  printf '%s/systems/%s\n' "$RIG_CACHE" "$1"
}

# The name in kernels.list of the kernel in the image, and its release.
system_kernel() {
  system_column "$1" 3
}

system_release() {
  kernel_release "$(system_kernel "$1")"
}

# What a system is made from; another value means it has to be made again.
system_stamp() {
  {
    awk -v name="$1" '!/^#/ && $1 == name' "$RIG_DIR/systems.list"
    system_release "$1"
    cd "$RIG_DIR" && rig_hash system system-image.sh system-tree.sh
  } | sha256sum | cut --delimiter=' ' --fields=1
}

system_is_current() {
  [ "$(cat "$(system_path "$1")/stamp" 2>/dev/null)" = "$(system_stamp "$1")" ]
}

# system_setup NAME: makes the system unless it is there already; it stays as it is
# as long as this process runs.
system_setup() {
  local name=$1
  system_column "$name" 1 >/dev/null
  kernel_fetch "$(system_kernel "$name")"
  rig_made "system-$name" system_is_current system_make "$name"
}

# Made beside, then renamed: an interruption leaves no half system.
system_make() {
  local name=$1 path stamp
  path=$(system_path "$name")
  stamp=$(system_stamp "$name")
  rm --recursive --force --one-file-system "$path" "$path.new"
  rig_need_space 4000 "the system $name"
  mkdir --parents "$path.new"
  packages_update no
  rig_step "making the system $name" system_make_image "$name" "$path.new"
  printf '%s\n' "$stamp" >"$path.new/stamp"
  mv "$path.new" "$path"
}

# emulation_start WHAT: programs for arm64 run on this machine as long as this process does;
# WHAT cannot be made if they do not.
emulation_start() {
  local answer
  coproc EMULATION {
    exec setsid "$RIG_DIR/emulate-arm64.sh" "$(root_path)/usr/bin/qemu-aarch64" "$(root_path)/opt/arm64"
  }
  read -r answer <&"${EMULATION[0]}" || answer='its emulation ended at once'
  [ "$answer" = ready ] || rig_die "$1 cannot be made: $answer"
}

system_make_image() {
  local name=$1 folder=$2
  emulation_start "the system $name"
  root_enter "$RIG_DIR/system-image.sh" "$(system_column "$name" 2)" "$(system_release "$name")" "$folder"
}
