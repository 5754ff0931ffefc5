#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# doctor on the hosts that there are: on each, where all is well, the whole of what it
# says is in golden/hosts/; where headers are missing it has the commands of that
# distribution. Prints TAP.
#
# hosts.sh TOOL: the tool, built with sanitizers.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/tool.sh"

# --- parts of hosts

# os_release ID VERSION [CODENAME [LIKE]]
os_release() {
  rm "$tree/etc/debian_version"
  put etc/os-release "NAME=\"Some name of $1\"
ID=\"$1\"
ID_LIKE='${4:-}'
VERSION_ID=\"$2\"
VERSION_CODENAME=${3:-}"
}

# config OPTION...: of the kernel that runs, set to y.
config() {
  put "boot/config-$RELEASE" "$(printf 'CONFIG_%s=y\n' ARM64 "$@")"
}

pages_64k() {
  put proc/self/smaps $'aaaa-bbbb r--p 00000000 00:00 0\nKernelPageSize:       64 kB'
}

# As in kernels that NVIDIA makes for these machines: /dev/vfio/vfio is iommufd's.
iommufd_only() {
  rm "$tree/lib/modules/$RELEASE/kernel/vfio_iommu_type1.ko"
  make_module "$tree/lib/modules/$RELEASE/kernel/iommufd.ko"
  modules_list "$RELEASE"
  mkdir --parents "$tree/sys/module/vfio" "$tree/sys/module/iommufd"
  put dev/vfio/vfio ""
  put dev/iommu ""
}

# kernel RELEASE: the one that runs.
kernel() {
  rename_kernel "$1"
  RELEASE=$1
}

# gb200_add DOMAIN GROUP BASE: one of several, which a rule binds.
gb200_add() {
  local bdf=$1:01:00.0
  pci_add "$bdf" 0x10de 0x2941 0x030200 "$2"
  pci_bind "$bdf" "$DRIVER"
  gpu_attributes "$bdf"
  put "sys/bus/pci/devices/$bdf/nvgrace_gpu/base" "$3"
  put "sys/bus/pci/devices/$bdf/nvgrace_gpu/usemem_size" $((185 << 30))
  put "sys/bus/pci/devices/$bdf/nvgrace_gpu/usemem_bar_size" $((256 << 30))
  put "sys/bus/pci/devices/$bdf/nvgrace_gpu/resmem_size" 0
  put "sys/bus/pci/devices/$bdf/nvgrace_gpu/mig_erratum" 0
  put "run/udev/data/+pci:$bdf" "E:NVGRACE_GPU_BIND=yes"
}

# --- hosts

debian12() { os_release debian 12 bookworm; kernel 6.12.43+deb12-arm64; config ARCH_SUPPORTS_HUGE_PFNMAP; put dev/kvm 0; }
debian13() { os_release debian 13 trixie; kernel 6.18.5+deb13-arm64; config ARCH_SUPPORTS_HUGE_PFNMAP; }
ubuntu2404() {
  os_release ubuntu 24.04 noble debian
  kernel 6.11.0-1013-nvidia-64k
  config ARM64_64K_PAGES ARCH_SUPPORTS_HUGE_PFNMAP VFIO IOMMUFD IOMMUFD_VFIO IOMMUFD_VFIO_CONTAINER VFIO_DEVICE_CDEV
  pages_64k
  iommufd_only
  put dev/kvm 0
}
rhel9() { os_release rhel 9.6 "" fedora; kernel 5.14.0-570.21.1.el9_6.aarch64+64k; config ARM64_64K_PAGES; pages_64k; }
# weak-modules has linked the module of the kernel before.
rhel10() {
  local old=6.12.0-124.8.1.el10_1.aarch64+64k
  os_release rhel 10.1 Coughlan "centos fedora"
  kernel 6.12.0-124.13.1.el10_1.aarch64+64k
  config ARM64_64K_PAGES ARCH_SUPPORTS_HUGE_PFNMAP
  pages_64k
  mkdir --parents "$tree/lib/modules/$old/extra" "$tree/lib/modules/$RELEASE/weak-updates"
  make_module "$tree/lib/modules/$old/extra/$MODULE.ko" version=0.1.0 "vermagic=$old SMP preempt mod_unload modversions aarch64"
  rm --recursive "$tree/lib/modules/$RELEASE/updates"
  link "lib/modules/$old/extra/$MODULE.ko" "lib/modules/$RELEASE/weak-updates/$MODULE.ko"
  modules_list "$RELEASE"
}
fedora() { os_release fedora 43; kernel 6.17.9-300.fc43.aarch64; config ARCH_SUPPORTS_HUGE_PFNMAP; }
sles15() { os_release sles 15.7 "" suse; kernel 6.4.0-150700.53.22-64kb; config ARM64_64K_PAGES; pages_64k; put dev/kvm 0; }
azure3() {
  os_release azurelinux 3.0
  kernel 6.18.5.1-1.azl3
  config ARM64_64K_PAGES ARCH_SUPPORTS_HUGE_PFNMAP VFIO IOMMUFD IOMMUFD_VFIO_CONTAINER
  pages_64k
  iommufd_only
}
gb200() {
  ubuntu2404
  kernel 6.17.0-1014-nvidia-64k
  config ARM64_64K_PAGES ARCH_SUPPORTS_HUGE_PFNMAP
  put dev/kvm 1
  rm --recursive "$tree/sys/bus/pci/devices/$GPU" "$tree/sys/devices/pci0009:00/$GPU" "$tree/run/udev/data" "$tree/sys/kernel/iommu_groups/12"
  put sys/class/dmi/id/product_name "GB200 NVL"
  gb200_add 0008 10 0x420000000000
  gb200_add 0009 11 0x460000000000
  gb200_add 0018 12 0x520000000000
  gb200_add 0019 13 0x560000000000
}
guest() {
  put sys/class/dmi/id/product_name "KVM Virtual Machine"
  put sys/class/dmi/id/sys_vendor QEMU
  rm --recursive "$tree/sys/bus/pci/devices/$GPU/nvgrace_gpu" "$tree/sys/firmware"
  rm "$tree/dev/kvm"
}
# Nobody knows how packages are installed there.
others() { os_release openEuler 24.03; kernel 6.6.0-98.0.0.oe2403.aarch64; config ARM64_64K_PAGES; pages_64k; }

# whole STATUS HOST
whole() {
  run "$1" doctor >/dev/null
  diff "$folder/golden/hosts/$2.txt" "$scratch/out" && ! grep '^problem' "$scratch/out"
}

no_headers() {
  unload
  rm --recursive --force "$tree/lib/modules/$RELEASE/"{updates,weak-updates,build}
  modules_list "$RELEASE"
}

# install RELEASE COMMAND: what is printed then.
install() {
  doctor_begins 2 "Driver's module: kernel $1: there is no module" "$2" "dkms install --force $MODULE/0.1.0 -k $1"
}

# A site builds modules elsewhere: of the driver's packages only that of all the rest is here.
module_comes_built() {
  rm --recursive "$tree/usr/src"
  put usr/libexec/$MODULE/package-setup "#!/bin/sh"
}

# other_built PACKAGE: it is installed, and its file is another kernel's.
other_built() {
  put "usr/share/doc/$1/copyright" GPL-2.0-only
  put "usr/share/licenses/$1/LICENSE" GPL-2.0-only
  mkdir "$tree/lib/modules/$RELEASE/updates"
  make_module "$tree/lib/modules/$RELEASE/updates/$MODULE.ko" version=0.1.0 "vermagic=6.1.0-1-arm64 SMP preempt mod_unload aarch64"
  modules_list "$RELEASE"
}

good=$RELEASE
# host STATUS NAME COMMAND INSTALL REINSTALL [PACKAGE]: all is well; then headers and module are missing, and COMMAND
# installs the headers; or the module comes built, in PACKAGE, and the other commands bring it.
# The status is 1 where the distribution has no kernel that gives guests cacheable memory.
host() {
  local status=$1 name=$2 package
  RELEASE=$good
  tree_new "$name"
  "$name"
  package=${6:-$MODULE-modules-$RELEASE}
  tap_check "$name: the whole of what doctor says" whole "$status" "$name"
  no_headers
  tap_check "$name: no headers" install "$RELEASE" "${3//KERNEL/$RELEASE}"
  module_comes_built
  tap_check "$name: no module, which comes built" doctor_begins 2 "Driver's module: kernel $RELEASE: there is no module" \
    "${4//KERNEL/$RELEASE}${6+ $6}"
  other_built "$package"
  tap_check "$name: another kernel's module" doctor_begins 2 \
    "Driver's module: kernel $RELEASE: /lib/modules/$RELEASE/updates/$MODULE.ko is built for kernel 6.1.0-1-arm64" "${5//KERNEL/$RELEASE}${6+ $6}"
  RELEASE=$good
}

# The kernel's module in a package, for Debian's family and others.
deb=("apt install $MODULE-modules-KERNEL" "apt install --reinstall $MODULE-modules-KERNEL")
host 1 debian12 "apt install linux-headers-KERNEL" "${deb[@]}"
host 0 debian13 "apt install linux-headers-KERNEL" "${deb[@]}"
host 0 ubuntu2404 "apt install linux-headers-KERNEL" "${deb[@]}"
host 0 rhel9 "dnf install 'kernel-devel-uname-r = KERNEL'" "dnf install" "dnf reinstall" kmod-$MODULE-64k
host 0 rhel10 "dnf install 'kernel-devel-uname-r = KERNEL'" "dnf install" "dnf reinstall" kmod-$MODULE-64k
host 0 fedora "dnf install 'kernel-devel-uname-r = KERNEL'" "dnf install" "dnf reinstall" kmod-$MODULE
host 1 sles15 "zypper install 'kernel-64kb-devel = 6.4.0-150700.53.22'" "zypper install" "zypper install --force" $MODULE-kmp-64kb
# shellcheck disable=SC2016 # a command that is printed
host 0 azure3 'tdnf install "$(rpm --query --queryformat '"'%{NAME}-devel-%{VERSION}-%{RELEASE}'"' --file /boot/vmlinuz-KERNEL)"' \
  "tdnf install" "tdnf reinstall" kmod-$MODULE
host 0 gb200 "apt install linux-headers-KERNEL" "${deb[@]}"
host 0 guest "apt install linux-headers-KERNEL" "${deb[@]}"
words="# install the package that has the module for kernel KERNEL"
host 1 others "# install the headers of kernel KERNEL" "$words" "$words"

# Packages have small letters and no underscores in their names.
tree_new own
os_release debian 13 trixie
kernel 6.18.5-Own_Build
no_headers
module_comes_built
tap_check "a kernel of one's own: no module, which comes built" doctor_begins 2 "Driver's module: kernel $RELEASE: there is no module" \
  "apt install $MODULE-modules-6.18.5-own-build"

tap_done
