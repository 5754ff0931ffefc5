# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# long: trixie
# minutes: 30
#
# The image of fleet/mkosi, made by mkosi with a site's repository.

# shellcheck source-path=SCRIPTDIR source=lib/packages.sh
. "$SYSTEM_TESTS/lib/packages.sh"

# The emulator takes a minute for what systemd waits one and a half.
patience=systemd.default_device_timeout_sec=900
release=$(system_release "$SYSTEM")
suite_setup fleet no
build_gpu "$(system_kernel "$SYSTEM")"
emulation_start "the image of mkosi"
rig_step "making an image with mkosi" root_enter "$SYSTEM_TESTS/lib/make-mkosi.sh" "$SYSTEM_WORK/image" \
  "$(rig_work)/packages/packages" "$release" "$(build_path "$(system_kernel "$SYSTEM")")/gpu/greedy_gpu.ko" "$patience"

# image DISK-NAME: a disk like it, and kernel and initrd from it.
image() {
  local out=$SYSTEM_WORK/image/out
  mkdir --parents "$out/boot"
  cp "$out/nvgrace-gpu-host.vmlinuz" "$out/boot/vmlinuz-$release"
  cp "$out/nvgrace-gpu-host.initrd" "$out/boot/initrd.img-$release"
  system_disk_over "$out/nvgrace-gpu-host.raw" "$out/boot" "$SYSTEM_WORK/$1.qcow2"
}

# The GPUs come with the rig's initrd: with them kernel and initrd are given to QEMU, without
# them the firmware finds all on the disk.
SCENARIO=$SYSTEM_TESTS/image.conf
# shellcheck disable=SC2034 # system_boot heeds it
SYSTEM_ROOT=/dev/vda2
image mkosi
boot mkosi mkosi "$release" "$(cat "$SYSTEM_WORK/image/out/arguments")" || true
image mkosi-firmware
SCENARIO=-
boot mkosi-firmware mkosi-firmware -
