# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Removal while a GPU is in use, reinstallation, purge: what is left is nothing.

# shellcheck source-path=SCRIPTDIR source=checks.sh
. /rig/phases/checks.sh

# A kernel that has a driver of this name itself.
give_kernel_its_own() {
  local folder=kernel/drivers/vfio/pci/nvgrace-gpu
  mkdir --parents "/lib/modules/$kernel/$folder"
  cp "/rig/greedy_gpu/$kernel.ko" "/lib/modules/$kernel/$folder/$module.ko"
  echo "$folder/$module.ko" >>"/lib/modules/$kernel/modules.order"
  depmod
}

take_kernel_its_own() {
  rm --recursive "/lib/modules/$kernel/kernel/drivers/vfio/pci/nvgrace-gpu"
  sed --in-place "/$module.ko/d" "/lib/modules/$kernel/modules.order"
  depmod
}

kernel_has_its_own() {
  [ -f "/lib/modules/$kernel/kernel/drivers/vfio/pci/nvgrace-gpu/$module.ko" ]
}

# None of the files that the list names is there.
files_are_gone() {
  local file left=0
  while IFS= read -r file; do
    [ -d "$file" ] || { [ ! -e "$file" ] && [ ! -L "$file" ]; } || { echo "$file is left" && left=1; }
  done <"$1"
  return "$left"
}

initramfs_has() {
  lsinitramfs "/boot/initrd.img-$kernel" | grep --quiet "$1"
}

no_override_left() {
  override_is 1 "(null)" && override_is 2 "(null)" && override_is 3 "(null)"
}

# The folder of a former version, and so on.
nothing_is_left() {
  list_files >/var/lib/rig/files-after
  diff /var/lib/rig/files-before /var/lib/rig/files-after
}

unload_greedy
dpkg --listfiles "$package" "$common" >/tmp/files
hold 1 >/tmp/hold
tap_check "a GPU is in use" grep --quiet held /tmp/hold
tap_check "the package can be removed all the same" apt_quietly remove "$common"
tap_check "it is said that the driver stays" says /tmp/apt "a GPU is in use" "rmmod $driver"
tap_check "who uses it keeps it" driver_is 1 "$driver"
tap_check "nothing is left in DKMS or among the modules" dkms_has_nothing
tap_check "no file is left" files_are_gone /tmp/files
tap_check "no driver_override is left" no_override_left
tap_check "the initramfs has nothing of it" bash -c "! lsinitramfs '/boot/initrd.img-$kernel' | grep nvgrace"
let_go
tap_check "who used it did not notice" test "$?" -eq 0
tap_check "then the driver can be unloaded" rmmod "$driver"
# udev may have loaded it by now: the GPU has a modalias again.
[ -d /sys/module/greedy_gpu ] || insmod "/rig/greedy_gpu/$kernel.ko"
for number in 1 2; do
  bdf "$number" >/sys/bus/pci/drivers_probe
done
tap_check "and another driver gets the GPUs without a reboot" driver_is 1 greedy_gpu
tap_check "all of them" driver_is 2 greedy_gpu

unload_greedy
give_kernel_its_own
tap_check "the package can be installed again" install_package "$current"
tap_check "and binds GPU 1" driver_is 1 "$driver"
tap_check "and GPU 2" driver_is 2 "$driver"
tap_check "it is said that the kernel has such a driver too" says /tmp/apt "kernel $kernel has a driver of this name of its own"
tap_check "ours is the one that is loaded" loaded_version_is "$current"
tap_check "the initramfs has it" initramfs_has "$module.ko"

tap_check "the package can be purged" apt_quietly purge "$common"
tap_check "the GPUs were let go" driver_is 1 none
tap_check "it is said how another driver gets them" says /tmp/apt "echo $(bdf 1) >/sys/bus/pci/drivers_probe"
tap_check "no driver_override is left this time either" no_override_left
tap_check "the module is not loaded any more" test ! -d "/sys/module/$driver"
tap_check "the kernel's own driver is where it was" kernel_has_its_own
take_kernel_its_own
tap_check "nothing is left in DKMS" dkms_has_nothing
tap_check "the disk has what it had before the first installation" nothing_is_left
tap_check "the package manager has nothing to complain about" manager_is_healthy
tap_done
