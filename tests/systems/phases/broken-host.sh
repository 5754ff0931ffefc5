# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What is set on the host keeps the driver from the GPU, as a boot would leave it; or the
# GPU itself is not well. Source breaking.sh first.
# shellcheck disable=SC2154 # it has what is not set here

controls=/sys/kernel/debug/virtual_gpu/$(bdf 1)

# As udev does at boot.
boot_again() {
  udevadm control --reload
  udevadm trigger --action=add --settle "$(gpu 1)"
}

# As guides for GPUs of other machines have it. A guest starts then, by a line from when all
# was well, and its GPU has no memory.
give_to_vfio_pci() {
  guide "nvgrace-gpu qemu" && cp /tmp/guest.sh /tmp/healthy.sh || return
  echo 'options vfio-pci nointxmask=0' >/etc/modprobe.d/vfio.conf
  echo 'options vfio-pci ids=10de:2342,10de:22bb' >>/etc/modprobe.d/vfio.conf
  nvgrace-gpu unbind "$(bdf 1)" && modprobe vfio-pci && driver_is 1 vfio-pci
}

guest_has_no_memory() {
  local status=0
  cp /tmp/healthy.sh /tmp/guest.sh
  run_qemu no-firmware
  guest_is_up 1 || return
  ! ask bars 1 || status=1
  guest_ends && return "$status"
}

# What was to keep another driver away keeps ours away.
blacklist() {
  printf '%s\n' 'blacklist nouveau' 'blacklist nvgrace-gpu-vfio-pci' >/etc/modprobe.d/blacklist-gpu.conf
  modprobe --remove "$module" && boot_again && [ ! -e "/sys/module/$driver" ]
}

# The power failed when depmod had just written them: journals have names, not contents.
lose_lists() {
  modprobe --remove "$module" && truncate --size=0 "/lib/modules/$kernel"/modules.{dep,alias,symbols}{,.bin}
}

# By somebody who wanted to have the GPU on the host for a day.
mask_rule() {
  ln --symbolic /dev/null "/etc/udev/rules.d/65-$module.rules"
  modprobe --remove "$module" && echo >"$(gpu 1)/driver_override" && boot_again && driver_is 1 none && [ ! -e "/sys/module/$driver" ]
}

# An upgrade of the kernel alone: DKMS has nothing to build with.
lose_headers() {
  modprobe --remove "$module" && apt_quietly remove "linux-headers-$kernel" && dkms unbuild "$module/$current" -k "$kernel" &&
    ! modinfo "$module"
}

# Nothing boots by those that are made here.
make_small_initramfs() {
  echo 'MODULES=list' >/etc/initramfs-tools/conf.d/small
}

# They come from where packages come from; who types the commands says yes.
add_headers() {
  (cd /rig/headers && dpkg-scanpackages --multiversion . >Packages)
  echo 'deb [trusted=yes] file:/rig/headers ./' >/etc/apt/sources.list.d/headers.list
  echo 'APT::Get::Assume-Yes "true";' >/etc/apt/apt.conf.d/yes
  apt-get update
}

# The link went down and came up again: what firmware has written into the function is gone.
lose_registers() {
  nvgrace-gpu unbind "$(bdf 1)" && setpci -s "$(bdf 1)" CAP_EXP+8.w=8000:8000 && ! nvgrace-gpu bind "$(bdf 1)" && driver_is 1 none
}

# From the last reset on; the next one trains it again.
lose_link() {
  nvgrace-gpu unbind "$(bdf 1)" && echo -1 >"$controls/link_ms" && echo 1 >"$(gpu 1)/reset" &&
    ! nvgrace-gpu bind "$(bdf 1)" && echo 0 >"$controls/link_ms" && driver_is 1 none
}

make_small_initramfs
tap_check "the archive has headers" add_headers
how="ids of vfio-pci in modprobe.d"
tap_check "$how" give_to_vfio_pci
tap_check "$how: the tool makes no guest" no_guest_starts
tap_check "$how: a guest starts all the same, without the memory" guest_has_no_memory
tap_check "$how: doctor's first problem says so" first_problem_is \
  "GPU's driver: $(bdf 1): vfio-pci has it: /etc/modprobe.d/vfio.conf gives it to vfio-pci: options vfio-pci ids=10de:2342,10de:22bb"
tap_check "$how: what doctor prints mends it" mend
tap_check "$how: then a guest uses the memory" guest_works
modprobe --remove vfio-pci
broken "the module is blacklisted in modprobe.d" \
  "modprobe's configuration: /etc/modprobe.d/blacklist-gpu.conf: blacklist nvgrace-gpu-vfio-pci" blacklist
broken "depmod's lists are empty" "VFIO: /lib/modules/$kernel/modules.dep is not there, or not whole" lose_lists
broken "a file in /etc masks the udev rule" \
  "Loaded module: the module is not loaded: /etc/udev/rules.d/65-$module.rules is in the place of the rule" mask_rule
broken "the kernel has no headers" \
  "Driver's module: kernel $kernel: there is no module, and its headers are not installed" lose_headers
broken "the GPU has lost its registers" \
  "Link and training: $(bdf 1): GPU memory cannot be checked: BAR0 has lost its address" lose_registers
broken "the link to the GPU is down" \
  "Link and training: $(bdf 1): GPU memory is not ready after 30 s: the C2C link is not up" lose_link
