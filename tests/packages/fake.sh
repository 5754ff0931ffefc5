# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A machine to run the package's scripts on, for their tests: that of native.sh, with
# kernels that are no more than DKMS looks at. Source packages.sh, tap.sh and native.sh
# first.

: "${top:?}" "${scratch:?}" "${package:?}" "${version:?}"
build "$scratch/out" deb >/dev/null
# shellcheck disable=SC2034 # for the tests
setup=/usr/libexec/$package/package-setup

# machine_with RELEASE...: these kernels, the first one runs; and the package, not configured.
machine_with() {
  local release
  native_machine "$1"
  : "${root:?}"
  cp "$scratch/out/$package"-{common,dkms}_"${version}"_all.deb "$root/tmp"
  native_run dpkg --install "/tmp/$package-common_${version}_all.deb" >/dev/null
  native_run dpkg --unpack "/tmp/$package-dkms_${version}_all.deb" >/dev/null
  # It tells what it was asked for.
  rm --force "$root/usr/bin/dracut"
  printf '#!/bin/sh\necho "update-initramfs $*"\n' >"$root/usr/sbin/update-initramfs"
  find "$root"/etc/kernel/*.d "$root/usr/lib/kernel/install.d" ! -type d ! -name '*dkms*' ! -name "*$package*" -delete
  rm --force --recursive "$root"/usr/lib/modules/*
  for release; do
    fake_kernel "$release"
  done
}

# bookworms_dkms: in the place of this root's own.
bookworms_dkms() {
  rm --recursive "$root/usr/lib/dkms" "$root/usr/sbin/dkms" "$root/etc/dkms" "$root/usr/lib/kernel/install.d/40-dkms.install"
  cp --recursive /opt/bookworm/. "$root"
  native_run dkms --version | grep 'dkms-3\.0\.10'
}

# fake_kernel RELEASE: with headers that "build" a module of our name.
fake_kernel() {
  local folder=$root/usr/lib/modules/$1
  mkdir --parents "$folder/kernel" "$folder/build/include"
  echo CONFIG_VFIO_PCI_CORE=m >"$folder/build/.config"
  printf '0x0\t_vfio_alloc_device\tvfio\tEXPORT_SYMBOL_GPL\t\n' >"$folder/build/Module.symvers"
  native_module "$package" "$folder" "vermagic=$1" "version=$version"
  unxz "$folder/$package.ko.xz" && mv "$folder/$package.ko" "$folder/build/builds"
  cat >"$folder/build/Makefile" <<'EOF'
modules:
	cp builds $(M)/nvgrace-gpu-vfio-pci.ko
EOF
  touch "$folder/modules.order" "$folder/modules.builtin"
}

# breaks RELEASE, mends RELEASE
breaks() {
  sed --in-place 's,^\tcp .*,&.no || { echo "error: this kernel has changed what the driver needs"; exit 1; },; s/cp builds/cp no-builds/' \
    "$root/usr/lib/modules/$1/build/Makefile"
}
mends() {
  # shellcheck disable=SC2016 # expanded by make
  printf 'modules:\n\tcp builds $(M)/%s.ko\n' "$package" >"$root/usr/lib/modules/$1/build/Makefile"
}

has_module() {
  native_run dkms status | grep --fixed-strings "$1" | grep ': installed' && ls "$root/usr/lib/modules/$1"/updates/dkms/*
}
