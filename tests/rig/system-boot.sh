# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Disks of real systems and their boots, any number one after the other on one disk,
# each running one script ("phase") in the system. Source lib.sh and the other parts of
# the rig first. After system_setup NAME a test has:
#
#   system_disk_new NAME DISK [BACKING]   a disk like the system's image, or as BACKING
#                                         is now (which may then not be booted any more)
#   system_disk_over IMAGE BOOT DISK      a disk like a raw IMAGE that the rig has not made;
#                                         kernels and initrds are those in the folder BOOT
#   system_boot NAME DISK SCENARIO RELEASE PHASE [KERNEL-ARGUMENT...]
#                                         boots it with the GPUs of the scenario file (-:
#                                         none) and judges the phase; FOLDER/A+B.sh are
#                                         two of them, one after the other in one boot.
#                                         RELEASE -: what the firmware finds on the disk;
#                                         without GPUs, which come with the rig's initrd
#   system_share DISK                     the folder that disks beside DISK see as /rig
#
# SYSTEM_ROOT is the disk's root file system in the system, /dev/vda.
#
# Beside DISK.qcow2: DISK.boot/   kernels and initrds as the system has them in /boot
#                    DISK.efi     the firmware's variables
#                    share/       /rig in the system
# In the cache: logs/systems/NAME/TEST/N-PHASE/   logs of the Nth boot, as in boot.sh

SYSTEM_BOOTS=0
: "${SYSTEM_ROOT:=/dev/vda}"

system_share() {
  printf '%s/share\n' "$(dirname "$1")"
}

system_disk_new() {
  local name=$1 disk=$2 backing=${3:-}
  if [ -z "$backing" ]; then
    system_disk_over "$(system_path "$name")/image.ext4" "$(system_path "$name")/boot" "$disk"
  else
    system_disk_lay "$backing" qcow2 "${backing%.qcow2}.boot" "${backing%.qcow2}.efi" "$disk"
  fi
}

system_disk_over() {
  system_disk_lay "$1" raw "$2" "$(root_path)/usr/share/AAVMF/AAVMF_VARS.fd" "$3"
}

# system_disk_lay BACKING FORMAT BOOT VARIABLES DISK
system_disk_lay() {
  local backing=$1 format=$2 boot=$3 variables=$4 disk=$5 base=${5%.qcow2}
  [ "$base" != "$disk" ] || rig_die "a disk is named something.qcow2, not '$disk'"
  case $disk in "$RIG_CACHE"/*) ;; *) rig_die "the disk $disk is not in the cache $RIG_CACHE" ;; esac
  rm --recursive --force "$disk" "$base.boot" "$base.efi"
  mkdir --parents "$(dirname "$disk")"
  cp --sparse=always "$variables" "$base.efi"
  cp --recursive "$boot" "$base.boot"
  root_enter qemu-img create -q -f qcow2 -b "$backing" -F "$format" "$disk"
}

system_boot() {
  local name=$1 disk=$2 scenario=$3 release=$4 phase=$5 folder phases status=0
  shift 5
  IFS=+ read -r -a phases <<<"$(basename "$phase" .sh)"
  SYSTEM_BOOTS=$((SYSTEM_BOOTS + 1))
  folder=$(rig_work)/logs/systems/$name/${SYSTEM_TEST:-boots}/$SYSTEM_BOOTS-${phases[0]}
  rm --recursive --force "$folder"
  mkdir --parents "$folder"
  system_fill_share "$(system_share "$disk")" "$(dirname "$phase")" "${phases[@]}"
  system_prepare "$name" "$disk" "$scenario" "$release" "$folder" "$@"
  machine_run "$folder" "${RIG_TIMEOUT:-${SYSTEM_TIMEOUT:-3600}}" "${phases[@]}" || status=$?
  rm --recursive --force "$folder/initrd" "$folder/files"
  system_take_boot "$disk"
  return "$status"
}

# system_shell NAME: the system with two GPUs for a person, on this terminal.
system_shell() {
  local name=$1 folder
  folder=$(rig_work)/systems/$1.shell
  system_setup "$name"
  rm --recursive --force "$folder"
  system_disk_new "$name" "$folder/disk.qcow2"
  system_fill_share "$folder/share"
  system_prepare "$name" "$folder/disk.qcow2" "$RIG_TOP/tests/scenarios/two-gpus.conf" "$(system_release "$name")" \
    "$folder" rig.shell
  rig_say "exit powers the system off, Ctrl-A X ends it; /rig there is $folder/share here"
  root_enter "${QEMU[@]}" -display none -serial mon:stdio
}

# Everything that has to be there before a boot; the QEMU command is then in QEMU.
system_prepare() {
  local name=$1 disk=$2 scenario=$3 release=$4 folder=$5 base=${2%.qcow2} module='' kernel=()
  shift 5
  scenario_none
  if [ "$release" != - ]; then
    system_kernel_arguments "$@"
  elif [ "$scenario" != - ] || [ "$#" -gt 0 ]; then
    rig_die "what the disk of $name boots by itself gets no GPUs and no arguments from here"
  fi
  mkdir --parents "$RIG_CACHE/ccache/$name"
  machine_command \
    -drive "if=pflash,unit=0,format=raw,readonly=on,file=/usr/share/AAVMF/AAVMF_CODE.secboot.fd" \
    -drive "if=pflash,unit=1,format=raw,file=$base.efi" \
    -drive "if=none,id=disk,file=$disk,format=qcow2,cache=unsafe" \
    -device "virtio-blk-pci,drive=disk,bus=pcie.0,addr=1c.0" \
    -fsdev "local,id=rig,path=$(system_share "$disk"),security_model=none" \
    -device "virtio-9p-pci,fsdev=rig,mount_tag=rig,bus=pcie.0,addr=1d.0" \
    -fsdev "local,id=ccache,path=$RIG_CACHE/ccache/$name,security_model=none" \
    -device "virtio-9p-pci,fsdev=ccache,mount_tag=ccache,bus=pcie.0,addr=1e.0" \
    "${kernel[@]}"
}

# system_kernel_arguments KERNEL-ARGUMENT...: what system_prepare has QEMU boot, in its kernel.
system_kernel_arguments() {
  if [ ! -f "$base.boot/vmlinuz-$release" ] || [ ! -f "$base.boot/initrd.img-$release" ]; then
    rig_die "the system on $disk has no kernel $release; it has: $(cd "$base.boot" && echo vmlinuz-*)"
  fi
  if [ "$scenario" != - ]; then
    scenario_load "$scenario"
    module=$(system_gpu_module "$release")
  fi
  system_initrd "$scenario" "$base.boot/initrd.img-$release" "$module" "$folder" "$(system_share "$disk")"
  # A busy machine may let all of this stand still for half a minute: no lockup.
  kernel=(
    -kernel "$base.boot/vmlinuz-$release" -initrd "$folder/initrd"
    -append "console=ttyAMA0 root=$SYSTEM_ROOT rw fsck.mode=skip watchdog_thresh=30 printk.devkmsg=on oops=panic panic=-1 ${module:+rdinit=/rig/init }$*"
  )
}

# system_fill_share SHARE [FOLDER PHASE...]: what comes from here: the folder with the
# phases, the shell's TAP, the programs of tests/abi.
system_fill_share() {
  local share=$1
  shift
  mkdir --parents "$share/ccache"
  rm --recursive --force "${share:?}"/{boot,phases,programs,run,tap.sh}
  cp "$RIG_TOP/tests/tap.sh" "$share/"
  mkdir "$share/programs"
  build_programs
  find "$(build_path abi)" -maxdepth 1 -type f -perm /100 -exec cp --target-directory="$share/programs" {} +
  [ "$#" -gt 0 ] || return 0
  cp --recursive "$1" "$share/phases"
  printf '%s\n' "${@:2}" >"$share/run"
}

# system_gpu_module RELEASE: the virtual GPU for it, built from the kernel of that
# release, which has to have been fetched.
system_gpu_module() {
  local name
  for name in $(kernel_names); do
    if [ "$(kernel_release "$name" 2>/dev/null)" = "$1" ]; then
      build_gpu "$name"
      printf '%s/gpu/virtual_gpu.ko\n' "$(build_path "$name")"
      return
    fi
  done
  rig_die "none of the kernels fetched is $1, so there is no virtual GPU for it: fetch it with rig kernel NAME"
}

# The ACPI table in front of the system's own initrd, the virtual GPU behind it.
system_initrd() {
  local scenario=$1 initrd=$2 module=$3 folder=$4 share=$5
  if [ "$scenario" != - ]; then
    virtual_gpu_parameters >"$folder/virtual_gpu"
    # The root sees the cache, not wherever else the file may be; and programs of tests/abi
    # read in it what the GPUs are like.
    cp "$scenario" "$folder/scenario"
    cp "$scenario" "$share/scenario"
    scenario=$folder/scenario
  fi
  root_enter "$RIG_DIR/pack-initrd.sh" system "$scenario" "$initrd" "$module" "$folder"
}

# What the system has in /boot now, if that is not what it had.
system_take_boot() {
  local share boot=${1%.qcow2}.boot file
  share=$(system_share "$1")/boot
  [ -f "$share/list" ] || return 0
  for file in "$share"/vmlinuz-* "$share"/initrd.img-*; do
    [ ! -f "$file" ] || mv "$file" "$boot/"
  done
  for file in "$boot"/*; do
    grep --quiet --line-regexp --fixed-strings "${file##*/}" "$share/list" || rm "$file"
  done
}
