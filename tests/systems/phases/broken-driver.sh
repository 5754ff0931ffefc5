# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The GPU does not have the driver, or that does not work: somebody has done so while the
# host runs. Source breaking.sh first.
# shellcheck disable=SC2154 # it has what is not set here

lose_module() {
  modprobe --remove "$module" && dkms uninstall "$module/$current" -k "$kernel"
}

# A driver that was loaded by hand has what it can get.
lose_gpu() {
  bdf 1 >"$(gpu 1)/driver/unbind" && echo >"$(gpu 1)/driver_override" && insmod "/rig/greedy_gpu/$kernel.ko"
}

# As guides for hardening have it.
forbid_type1() {
  echo 'install vfio_iommu_type1 /bin/false' >/etc/modprobe.d/hardening.conf
  modprobe --remove "$module" && modprobe --remove vfio_iommu_type1 && modprobe "$module"
}

# By hand or by driverctl: for a driver that is not there.
override() {
  bdf 1 >"$(gpu 1)/driver/unbind" && echo nvidia >"$(gpu 1)/driver_override"
}

# As from a login: of no service, which doctor would have stopped.
forget_process() {
  setsid systemd-run --quiet --scope --slice=user.slice /rig/programs/hold 1 >/tmp/hold 2>&1 </dev/null &
  until grep --quiet held /tmp/hold; do sleep 0.2; done
}

# Copied from a kernel that the module was built for.
copy_stale_module() {
  local file
  file=$(module_file "$kernel") && modprobe --remove "$module" &&
    xz --decompress --stdout "$file" | sed "s/vermagic=./vermagic=5/" >/tmp/stale.ko &&
    xz --check=crc32 --force /tmp/stale.ko && cp /tmp/stale.ko.xz "$file"
}

broken "the GPU's module is gone" "Driver's module: kernel $kernel: there is no module" lose_module
broken "the module is another kernel's" "Driver's module: kernel $kernel: $(module_file "$kernel") is built for kernel 5" copy_stale_module
broken "another driver has the GPU" "GPU's driver: $(bdf 1): greedy_gpu has it" lose_gpu
broken "a module of VFIO may not be loaded" "modprobe's configuration: /etc/modprobe.d/hardening.conf: install vfio_iommu_type1" forbid_type1
broken "driver_override names another driver" "GPU's driver: $(bdf 1): it has no driver, and driver_override gives it to nvidia" override
broken "a forgotten process has the GPU" "In use: $(bdf 1): process" forget_process
unload_greedy
