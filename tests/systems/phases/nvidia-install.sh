# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Another kernel, the module for it, and the tool, in one go; for the next boot.

# shellcheck source-path=SCRIPTDIR source=checks.sh
. /rig/phases/checks.sh

new=$(cat /rig/new-release)

site_repository() {
  cp /rig/site/repo/nvgrace-gpu-vfio-pci.sources /etc/apt/sources.list.d/ && apt-get update
}

tap_check "the site's repository is added" site_repository
tap_check "kernel, module and tool install" apt_quietly install "/rig/linux-image-$new.deb" "$module-modules-$new" nvgrace-gpu-tools
tap_check "the module is there for that kernel" test "$(module_file "$new")" = "/lib/modules/$new/updates/$module.ko"
tap_check "its initramfs has it" bash -c "lsinitramfs '/boot/initrd.img-$new' | grep '$module.ko'"
tap_check "GPU 1 has no driver with the kernel that runs" driver_is 1 none
tap_check "the package manager has nothing to complain about" manager_is_healthy
tap_done
