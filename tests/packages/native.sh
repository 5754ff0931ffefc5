# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A machine to install packages on, for their tests: a writable layer over the rig's
# root, with kernels for arm64. It takes itself for an arm64 machine that runs the first
# of them; the module is cross-compiled. What needs such a machine to run is tested on
# real systems, elsewhere. Source packages.sh and tap.sh first.

: "${top:?}" "${scratch:?}" "${package:?}"
# shellcheck source-path=SCRIPTDIR/../rig
. "$top/tests/rig/lib.sh"
# shellcheck source-path=SCRIPTDIR/../rig
. "$top/tests/rig/kernel.sh"

# Programs may still be there, such as an agent of gpg.
trap 'umount --lazy --recursive "$scratch"/machine.*/root 2>/dev/null || true; rm --recursive --force --one-file-system "$scratch"' EXIT

# two_kernels: those that packages are installed for, as run-packages-native.sh gets them.
# shellcheck disable=SC2034 # for the tests
two_kernels() {
  kernels=(trixie trixie-backports)
  first_release=$(kernel_release "${kernels[0]}")
  second_release=$(kernel_release "${kernels[1]}")
}

# native_make KERNEL...: in $root.
native_make() {
  local kernel
  native_machine "$(kernel_release "$1")"
  for kernel; do
    native_modules "$kernel"
  done
}

# native_machine RELEASE: in $root, without any kernel.
native_machine() {
  running=$1
  machine=$(mktemp --directory "$scratch/machine.XXXXXX")
  root=$machine/root
  mkdir "$machine"/{upper,work,root}
  touch "$machine/own-drivers"
  mount --types overlay --options "lowerdir=${native_under:-/},upperdir=$machine/upper,workdir=$machine/work" overlay "$root"
  mount --types proc proc "$root/proc"
  mount --rbind /dev "$root/dev"
  mount --types tmpfs tmpfs "$root/tmp"
  # Most of what DKMS compiles is the same each time.
  mkdir --parents "$root/srv/ccache" "$RIG_CACHE/ccache/packages"
  mount --bind "$RIG_CACHE/ccache/packages" "$root/srv/ccache"
  mv "$root/usr/bin/uname" "$root/usr/bin/uname.real"
  cat >"$root/usr/bin/uname" <<EOF
#!/bin/sh
case \$* in
  -m) echo aarch64 ;;
  -r) echo '$running' ;;
  *) exec uname.real "\$@" ;;
esac
EOF
  chmod 755 "$root/usr/bin/uname"
}

# The few modules that matter: all of them would take depmod its time, at each step.
native_modules() {
  local tree release modules
  tree=$(kernel_tree "$1")
  release=$(kernel_release "$1")
  modules=usr/lib/modules/$release
  mkdir --parents "$root/$modules/kernel/drivers"
  cp --archive "$tree/$modules/modules.order" "$tree/$modules"/modules.builtin* "$root/$modules"
  cp --archive "$tree/$modules/kernel/drivers/vfio" "$root/$modules/kernel/drivers"
  native_run depmod "$release"
  touch "$root/boot/vmlinuz-$release"
}

# native_own_driver KERNEL: it comes with a driver of the same name. DKMS puts that aside.
native_own_driver() {
  local release folder
  release=$(kernel_release "$1")
  folder=kernel/drivers/vfio/pci/nvgrace-gpu
  mkdir "$root/usr/lib/modules/$release/$folder"
  cp "$root/usr/lib/modules/$release/kernel/drivers/vfio/pci/vfio-pci.ko.xz" \
    "$root/usr/lib/modules/$release/$folder/$package.ko.xz"
  echo "$folder/$package.ko" >>"$root/usr/lib/modules/$release/modules.order"
  native_run depmod "$release"
  printf '%s\n' "$release" >>"$machine/own-drivers"
}

# native_egm KERNEL: its own driver has EGM, as in NVIDIA's kernels. After native_own_driver
# and native_headers.
native_egm() {
  local release folder headers
  release=$(kernel_release "$1")
  folder=$root/usr/lib/modules/$release/kernel/drivers/vfio/pci/nvgrace-gpu
  headers=$root/usr/src/linux-headers-$release
  native_module nvgrace-egm "$folder"
  rm "$folder/$package.ko.xz"
  native_module "$package" "$folder" depends=nvgrace-egm
  { cat "$headers/.config" && echo CONFIG_NVGRACE_EGM=m; } >"$machine/config"
  mount --bind "$machine/config" "$headers/.config"
  native_run depmod "$release"
}

# native_module NAME FOLDER [FIELD=VALUE...]: one that depmod and modinfo can read.
native_module() {
  make_module "$1" "$2" "${@:3}"
  xz --check=crc32 "$2/$1.ko"
}

# native_headers KERNEL: as a package of headers would have them.
native_headers() {
  local tree folder release
  tree=$(kernel_tree "$1")
  release=$(kernel_release "$1")
  for folder in "$tree"/usr/src/linux-headers-* "$tree"/usr/lib/linux-kbuild-*; do
    mkdir --parents "$root${folder#"$tree"}"
    mount --bind "$folder" "$root${folder#"$tree"}"
  done
  ln --symbolic "/usr/src/linux-headers-$release" "$root/usr/lib/modules/$release/build"
}

# native_old_kernel: 5.10, with headers: it has nothing for variant drivers. Prints its release.
native_old_kernel() {
  local release=5.10.0-1-arm64 build
  build=$root/usr/lib/modules/$release/build
  mkdir --parents "$root/usr/lib/modules/$release/kernel" "$build/include"
  echo CONFIG_VFIO_PCI_CORE=m >"$build/.config"
  printf '0x00000000\tvfio_add_group_dev\tdrivers/vfio/vfio\tEXPORT_SYMBOL_GPL\t\n' >"$build/Module.symvers"
  echo "$release"
}

# native_break KERNEL, native_mend KERNEL: nothing of ours can be built for it in between.
native_break() {
  mount --bind /dev/null "$(native_header "$1")"
}

native_mend() {
  umount "$(native_header "$1")"
}

native_header() {
  local release
  release=$(kernel_release "$1")
  echo "$root/usr/src/linux-headers-${release%-arm64}-common/include/linux/vfio_pci_core.h"
}

native_run() {
  chroot "$root" env ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu- DEBIAN_KERNEL_USE_CCACHE=yes CCACHE_DIR=/srv/ccache \
    GNUPGHOME=/tmp "$@"
}

# says COMMAND...: what it prints is kept for said, too.
says() {
  local status=0
  native_run "$@" >"$scratch/said" 2>&1 || status=$?
  cat "$scratch/said"
  return "$status"
}

# said TEXT
said() {
  grep --quiet --fixed-strings -e "$1" "$scratch/said" || { printf 'it did not say: %s\n' "$1"; return 1; }
}

# All files, as expected_files has them: but databases and logs of package managers,
# depmod's lists, and the headers.
native_files() {
  find "$root" -xdev \( -path "$root/var/log" -o -path "$root/var/cache" -o -path "$root/tmp" -o -path "$root/run" -o -path "$root/root" \
    -o -path "$root/var/lib/dpkg" -o -path "$root/var/lib/apt" -o -path "$root/var/lib/rpm" -o -path "$root/var/lib/dnf" \
    -o -path "$root/usr/lib/sysimage" -o -path "$root/usr/src/linux-headers-*" -o -path "$root/usr/lib/linux-kbuild-*" \
    -o -path "$root/usr/lib/modules/*/build" -o -path "$root/usr/lib/modules/*/modules.*" -o -name __pycache__ \) -prune -o -printf '%M %u/%g /%P -> %l\n' |
    sed 's/ -> $//' | LC_ALL=C sort
}

# remember: what is there now is not the package's.
remember() {
  native_files >"$machine/before"
}

# dkms_files VERSION KERNEL...: of DKMS's, and the modules.
dkms_files() {
  local of=$1 kernel release folder
  shift
  [ "$#" -gt 0 ] || return 0
  folder=/var/lib/dkms/$package
  printf 'lrwxrwxrwx root/root %s -> %s\n' "$folder/$of/source" "/usr/src/$package-$of"
  for kernel; do
    release=$(kernel_release "$kernel")
    if grep --quiet --line-regexp --fixed-strings "$release" "$machine/own-drivers"; then
      printf -- '-rw-r--r-- root/root %s\n' "$folder/original_module/$release/aarch64/$package.ko.xz"{,.origin}
    fi
    printf 'lrwxrwxrwx root/root %s -> %s\n' "$folder/kernel-$release-aarch64" "$of/$release/aarch64"
    printf -- '-rw-r--r-- root/root %s\n' "$folder/$of/$release/aarch64/log/make.log" \
      "$folder/$of/$release/aarch64/module/$package.ko.xz" "/usr/lib/modules/$release/updates/dkms/$package.ko.xz"
  done
}

# with_folders: what is on stdin, and the folders that it is in.
with_folders() {
  awk '
    { print; path = $3; while (sub("/[^/]*$", "", path) && path != "") if (!seen[path]++) print "drwxr-xr-x root/root " path }
  '
}

# DKMS makes the key with which it signs when it signs first, and keeps it.
without_dkms_key() {
  grep --invert-match --extended-regexp ' /var/lib/dkms/mok\.(key|pub)$' "$1"
}

# without_own_drivers KERNEL...: DKMS has put the drivers of these kernels aside.
without_own_drivers() {
  local kernel expressions=()
  for kernel; do
    expressions+=("--expression=\\,/usr/lib/modules/$(kernel_release "$kernel")/kernel/.*/$package.ko.xz$,d")
  done
  sed --expression= "${expressions[@]}"
}

# is_there deb|rpm VERSION OUT KERNEL...: the files of the package for DKMS and of what it
# needs, and the module for these kernels; and nothing else.
is_there() {
  local kind=$1 of=$2 out=$3 kernel
  shift 3
  { expected_files "$kind" "$of" "$out" && expected_files "common-$kind" "$of" "$out" && dkms_files "$of" "$@"; } | with_folders |
    LC_ALL=C sort --unique - "$machine/before" | without_dkms_key - | without_own_drivers "$@" >"$machine/expected"
  native_files >"$machine/now"
  diff "$machine/expected" <(without_dkms_key "$machine/now") || return 1
  for kernel; do
    module_is_there "$of" "$(kernel_release "$kernel")" || return 1
  done
  [ "$(native_run dkms status | wc --lines)" -eq $# ] || { native_run dkms status; return 1; }
}

# module_is_there VERSION RELEASE: for arm64, signed, and before the kernel's own.
module_is_there() {
  native_run modinfo --set-version "$2" "$package" >"$scratch/modinfo"
  grep --quiet --line-regexp "filename: */lib/modules/$2/updates/dkms/$package.ko.xz" "$scratch/modinfo" &&
    grep --quiet --line-regexp "version: *$1" "$scratch/modinfo" &&
    grep --quiet --line-regexp "author: *the $package authors" "$scratch/modinfo" &&
    grep --quiet "^vermagic: *$2 .* aarch64$" "$scratch/modinfo" &&
    grep --quiet '^signer: *[^ ]' "$scratch/modinfo" &&
    native_run dkms status | grep --line-regexp "$package/$1, $2, aarch64: installed\( (Original modules exist)\)\?" &&
    return
  cat "$scratch/modinfo"
  return 1
}

is_gone() {
  without_dkms_key "$machine/before" >"$machine/expected"
  native_files >"$machine/now"
  diff "$machine/expected" <(without_dkms_key "$machine/now") && [ -z "$(native_run dkms status)" ]
}
