# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Recorded trees for the tests of the tool: parts of a host's /sys, /proc, /dev and so
# on, as the kernel would show them. Source this; $scratch is a folder to work in.
#
# A tree begins as a copy of a host where all is well and the GPU is bound (tree_new);
# other functions change it. Few programs are run: there are many trees.

: "${scratch:?}"

GPU=0009:01:00.0
RELEASE=6.18.0-arm64
DRIVER=nvgrace_gpu_vfio_pci
MODULE=nvgrace-gpu-vfio-pci

# put FILE TEXT: below $tree, with a newline.
put() {
  [ -d "$tree/${1%/*}" ] || mkdir --parents "$tree/${1%/*}"
  printf '%s\n' "$2" >"$tree/$1"
}

# link TARGET PATH: TARGET is below $tree, too.
link() {
  [ -d "$tree/${2%/*}" ] || mkdir --parents "$tree/${2%/*}"
  ln --symbolic --relative --force --no-target-directory "$tree/$1" "$tree/$2"
}

# make_module FILE [FIELD=VALUE...]: one that depmod and libkmod can read.
make_module() {
  local file=$1 field number=0
  shift
  {
    for field in "license=GPL" "$@"; do
      number=$((number + 1))
      # shellcheck disable=SC2016 # an assembler's section, not a variable
      printf 'const char info%d[] __attribute__((section(".modinfo"), used)) = "%s";\n' "$number" "$field"
    done
  } | gcc -x c -c - -o "$file"
}

# sign_module FILE NAME: by a key of that name; as the kernel's sign-file does.
sign_module() {
  local key=$scratch/key size
  if [ ! -e "$key.pem" ]; then
    openssl req -new -x509 -newkey rsa:2048 -nodes -days 36500 -subj "/CN=$2/" -keyout "$key.key" -out "$key.pem" 2>/dev/null
  fi
  openssl cms -sign -binary -noattr -nocerts -md sha256 -signer "$key.pem" -inkey "$key.key" -outform DER -in "$1" -out "$key.sig"
  size=$(stat --format=%s "$key.sig")
  {
    cat "$key.sig"
    printf '\0\0\2\0\0\0\0\0'
    printf '%b' "$(printf '\\x%02x' $((size >> 24)) $((size >> 16 & 255)) $((size >> 8 & 255)) $((size & 255)))"
    printf '~Module signature appended~\n'
  } >>"$1"
}

# Modules are made once, then copied.
modules_make() {
  local folder=$scratch/modules name
  mkdir --parents "$folder/kernel" "$folder/updates/dkms"
  for name in vfio vfio-pci-core vfio_iommu_type1; do
    make_module "$folder/kernel/$name.ko"
  done
  make_module "$folder/updates/dkms/$MODULE.ko" version=0.1.0
  sign_module "$folder/updates/dkms/$MODULE.ko" "DKMS module signing key"
}

# modules_install RELEASE: into the tree's kernel, depmod's lists included.
modules_install() {
  local folder=lib/modules/$1
  mkdir --parents "$tree/$folder/build/include"
  cp --recursive "$scratch/modules/." "$tree/$folder"
  modules_list "$1"
}

modules_list() {
  touch "$tree/lib/modules/$1/modules.order" "$tree/lib/modules/$1/modules.builtin"
  depmod --basedir "$tree" "$1" 2>/dev/null
}

# rename_kernel NEW: the kernel that runs is called so, and its modules are built for it.
rename_kernel() {
  local module=$tree/lib/modules/$1/updates/dkms/$MODULE.ko
  mv "$tree/lib/modules/$RELEASE" "$tree/lib/modules/$1"
  mv "$tree/boot/config-$RELEASE" "$tree/boot/config-$1"
  put proc/sys/kernel/osrelease "$1"
  [ ! -e "$module" ] || make_module "$module" version=0.1.0 "vermagic=$1 SMP preempt mod_unload aarch64"
  modules_list "$1"
}

# aml_property NAME VALUE: Package () { NAME, VALUE } as it is in an ACPI table.
aml_property() {
  local shift value=
  for shift in 0 8 16 24 32 40 48 56; do
    value+=$(printf '\\x%02x' $(($2 >> shift & 255)))
  done
  printf '\x12\x20\x02\x0d%s\0\x0e%b' "$1" "$value"
}

# acpi NAME VALUE...: the table has these properties.
acpi() {
  mkdir --parents "$tree/sys/firmware/acpi/tables"
  printf 'SSDT header' >"$tree/sys/firmware/acpi/tables/SSDT1"
  while [ "$#" -gt 0 ]; do
    aml_property "$1" "$2" >>"$tree/sys/firmware/acpi/tables/SSDT1"
    shift 2
  done
}

# pci_add BDF VENDOR DEVICE CLASS GROUP
pci_add() {
  local device=sys/devices/pci0009:00/$1
  put "$device/vendor" "$2"
  put "$device/device" "$3"
  put "$device/class" "$4"
  put "$device/driver_override" "(null)"
  put "$device/numa_node" 0
  printf '0x%016x 0x%016x 0x%016x\n' \
    0x661002000000 0x661002ffffff 0x14220c 0 0 0 \
    0x662000000000 0x663fffffffff 0x14220c 0 0 0 \
    0x661000000000 0x661001ffffff 0x14220c 0 0 0 \
    0 0 0 >"$tree/$device/resource"
  link "$device" "sys/bus/pci/devices/$1"
  link "sys/kernel/iommu_groups/$5" "$device/iommu_group"
  link "$device" "sys/kernel/iommu_groups/$5/devices/$1"
}

# driver_add DRIVER [VERSION]: it is loaded.
driver_add() {
  mkdir --parents "$tree/sys/bus/pci/drivers/$1" "$tree/sys/module/$1"
  touch "$tree/sys/bus/pci/drivers/$1"/{bind,unbind}
  link "sys/module/$1" "sys/bus/pci/drivers/$1/module"
  [ -z "${2:-}" ] || put "sys/module/$1/version" "$2"
}

# pci_bind BDF DRIVER: as it would be then; driver_override too, for a VFIO driver.
pci_bind() {
  local device=sys/bus/pci/devices/$1
  link "sys/bus/pci/drivers/$2" "$device/driver"
  case $2 in
    *vfio*)
      put "$device/driver_override" "$2"
      mkdir --parents "$tree/$device/vfio-dev/vfio0"
      ;;
  esac
}

pci_unbind() {
  local device=$tree/sys/bus/pci/devices/$1
  rm --recursive --force "$device/driver" "$device/vfio-dev" "$device/nvgrace_gpu"
  echo "(null)" >"$device/driver_override"
}

# unload: no GPU has the driver, and the module is not loaded.
unload() {
  local device
  for device in "$tree"/sys/bus/pci/devices/*; do
    pci_unbind "${device##*/}"
  done
  rm --recursive --force "$tree/sys/module/$DRIVER" "$tree/sys/bus/pci/drivers/$DRIVER"
}

# gpu_attributes BDF: those of the driver, 95 GiB at 66 TiB.
gpu_attributes() {
  local folder=sys/bus/pci/devices/$1/nvgrace_gpu
  put "$folder/base" 0x420000000000
  put "$folder/usemem_size" $((94 << 30 | 512 << 20))
  put "$folder/usemem_bar_size" $((128 << 30))
  put "$folder/resmem_size" $((1 << 30))
  put "$folder/resmem_bar_size" $((1 << 30))
  put "$folder/mig_erratum" 1
  put "$folder/readiness_method" bar0
  put "$folder/readiness" ready
}

# log TEXT...: errors of the kernel.
log() {
  local number=0 line
  mkdir --parents "$tree/dev"
  echo '6,0,0,-;Booting Linux on physical CPU 0x0000000000' >"$tree/dev/kmsg"
  for line; do
    number=$((number + 1))
    printf '3,%d,%d,-;%s\n SUBSYSTEM=pci\n DEVICE=+pci:%s\n' "$number" "$number" "$line" "$GPU" >>"$tree/dev/kmsg"
  done
}

# tree_new NAME: $tree, a host where all is well.
tree_new() {
  tree=$scratch/base
  [ -d "$tree" ] || base_make
  tree=$scratch/trees/$1
  rm --recursive --force "$tree"
  mkdir --parents "$scratch/trees"
  cp --archive "$scratch/base" "$tree"
}

base_make() {
  modules_make
  put proc/sys/kernel/arch aarch64
  put proc/sys/kernel/osrelease "$RELEASE"
  put sys/class/dmi/id/product_name "Grace Hopper Test"
  put proc/self/status $'Name:\tnvgrace-gpu\nCapEff:\t000001ffffffffff'
  put proc/self/smaps $'aaaa-bbbb r--p 00000000 00:00 0\nKernelPageSize:        4 kB'
  put "boot/config-$RELEASE" $'CONFIG_ARM64=y\nCONFIG_ARCH_SUPPORTS_HUGE_PFNMAP=y'
  put etc/debian_version 13.1
  put etc/os-release $'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nNAME="Debian GNU/Linux"\nVERSION_ID="13"\nVERSION_CODENAME=trixie\nID=debian'
  put sys/class/iommu/smmu3.0/uevent ""
  put sys/kernel/security/lockdown "[none] integrity confidentiality"
  put sys/module/module/parameters/sig_enforce N
  put usr/lib/udev/rules.d/65-$MODULE.rules "#"
  put usr/src/$MODULE-0.1.0/VERSION 0.1.0
  put usr/share/misc/pci.ids $'10de  NVIDIA Corporation\n\t22bb  Test audio'
  put sys/bus/pci/drivers_probe ""
  put dev/kvm 1
  log
  modules_install "$RELEASE"
  acpi nvidia,gpu-mem-base-pa $((0x420000000000)) nvidia,gpu-mem-size $((95 << 30))
  pci_add "$GPU" 0x10de 0x2342 0x030200 12
  put "run/udev/data/+pci:$GPU" $'I:1\nE:NVGRACE_GPU_BIND=yes\nG:systemd'
  driver_add "$DRIVER" 0.1.0
  pci_bind "$GPU" "$DRIVER"
  gpu_attributes "$GPU"
}

# process PID COMMAND FILE: has it open.
process() {
  put "proc/$1/comm" "$2"
  mkdir --parents "$tree/proc/$1/fd"
  ln --symbolic --force "$3" "$tree/proc/$1/fd/3"
}

# process_of PID CGROUP: what has started it.
process_of() { put "proc/$1/cgroup" "0::$2"; }

# nvidia_has BDF MINOR: that driver has it, and /dev/nvidiaMINOR is its file.
nvidia_has() {
  driver_add nvidia 595.71.05
  pci_bind "$1" nvidia
  put "proc/driver/nvidia/gpus/$1/information" $'Model: \t\t NVIDIA GB200\nDevice Minor: \t '"$2"
}
