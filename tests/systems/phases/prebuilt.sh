# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# No compiler, no headers, no DKMS, signatures enforced: the module comes in a package.

# shellcheck source-path=SCRIPTDIR source=checks.sh
. /rig/phases/checks.sh

# Each name to its end: libraries need some packages that are called after the compiler.
without_compiler() {
  apt_quietly purge dkms make '^(gcc|cpp)(-[0-9]+)?(-aarch64-linux-gnu)?$' '^linux-(headers|kbuild)-.*' &&
    ! command -v dkms make gcc cc "aarch64-linux-gnu-gcc" && [ ! -e "/lib/modules/$kernel/build/include" ]
}

site_repository() {
  cp /rig/site/repo/nvgrace-gpu-vfio-pci.sources /etc/apt/sources.list.d/ && apt-get update
}

tap_check "the kernel enforces signatures" grep --quiet Y /sys/module/module/parameters/sig_enforce
tap_check "there are no compiler, no headers and no DKMS" without_compiler
tap_check "the site's repository is added" site_repository
tap_check "apt install $module-modules-$kernel" apt_quietly install "$module-modules-$kernel"
tap_check "it has brought no compiler and no DKMS" bash -c '! command -v dkms gcc make'
tap_check "the module is signed by the site" test "$(modinfo --field signer "$module")" = rig
tap_check "it is there for the kernel" test "$(module_file "$kernel")" = "/lib/modules/$kernel/updates/$module.ko"
tap_check "GPU 1 is bound at once" driver_is 1 "$driver"
tap_check "GPU 2 is bound" driver_is 2 "$driver"
tap_check "it is said" says /tmp/apt "GPU $(bdf 1) is bound"
tap_check "libvirt would find the driver" grep "alias vfio_pci:v000010DEd00002342.* $driver" "/lib/modules/$kernel/modules.alias"
tap_check "the GPU's memory can be used" vfio_works 1
tap_check "the package manager has nothing to complain about" manager_is_healthy
tap_done
