#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The deb, installed by apt from a repository that make repo made: installed, upgraded,
# downgraded, removed, purged; with DKMS of trixie and of bookworm. Prints TAP. Runs
# inside the rig's root, where the kernels have to be.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/packages.sh"
# shellcheck source-path=SCRIPTDIR/..
. "$top/tests/tap.sh"
# shellcheck source-path=SCRIPTDIR
. "$top/tests/packages/native.sh"

two_kernels
out=$scratch/out
repo_of_two_versions "$out"

apt() {
  says apt-get --yes --quiet=2 --option Dpkg::Use-Pty=0 "$@"
}

# use_repository: and nothing else, so that this does not need a network.
use_repository() {
  cp --recursive "$out/repo" "$root/srv/repo"
  rm --force "$root/etc/apt/sources.list" "$root/etc/apt/preferences"
  cp "$out/repo/$package.sources" "$root/etc/apt/sources.list.d"
  native_run apt-get --quiet --error-on=any update >/dev/null
}

there() {
  is_there deb "$1" "$out" "${@:2}"
}

# in_initramfs RELEASE
in_initramfs() {
  native_run lsinitramfs "/boot/initrd.img-$1" >"$scratch/initramfs" &&
    grep "lib/modules/$1/updates/dkms/$package\.ko" "$scratch/initramfs" && grep "rules.d/65-$package.rules" "$scratch/initramfs"
}

# --- DKMS of this root's own suite

native_make "${kernels[@]}"
native_own_driver "${kernels[0]}"
native_headers "${kernels[0]}"
old_release=$(native_old_kernel)
use_repository
# Small ones, with what hooks add to them.
sed --in-place 's/^MODULES=.*/MODULES=list/' "$root/etc/initramfs-tools/initramfs.conf"
cp "$(kernel_tree "${kernels[0]}")/boot/config-$first_release" "$root/boot"
native_run update-initramfs -c -k "$first_release" >/dev/null 2>&1
remember

installs() {
  apt install "$package"-{dkms,common}="$version" && there "$version" "${kernels[0]}" &&
    said "kernel $first_release has a driver of this name of its own: this package's is used" &&
    said "not built for kernel $second_release, whose headers are missing; install them" &&
    said "not built for kernel $old_release: it is" && ! said EGM >/dev/null
}
tap_check "install: built for the kernel that has headers, the others are told of" installs
rm --recursive "$root/usr/lib/modules/$old_release"
sed --in-place "\\,/usr/lib/modules/$old_release,d" "$machine/before"
tap_check "install: the initramfs has the driver" in_initramfs "$first_release"

verifies() {
  native_run dpkg --verify "$package"-{dkms,common} && [ -z "$(native_run dpkg --verify "$package"-{dkms,common})" ]
}
tap_check "install: dpkg finds all files as they were packed" verifies

# What the headers' package does.
headers_arrive() {
  native_headers "${kernels[1]}"
  says run-parts --exit-on-error --arg="$second_release" /etc/kernel/header_postinst.d && there "$version" "${kernels[@]}"
}
tap_check "headers of the other kernel are installed: DKMS builds for it" headers_arrive
cp --recursive "$top/debian/tests" "$root/tmp"
tap_check "autopkgtest: module" native_run "/tmp/tests/module"
tap_check "autopkgtest: files" native_run "/tmp/tests/files"

# The kernel's headers are no package here.
dkms_test() {
  mkdir --parents "$scratch/headers/DEBIAN" && cat >"$scratch/headers/DEBIAN/control" <<EOF
Package: linux-headers-here
Version: 1
Architecture: all
Maintainer: somebody <somebody@packages.invalid>
Description: for a test
EOF
  dpkg-deb --build "$scratch/headers" "$root/tmp/headers.deb" && native_run dpkg --install /tmp/headers.deb &&
    cp "$out/${package}-dkms_${version}_all.deb" "$root/tmp/package.deb" &&
    says env AUTOPKGTEST_ARTIFACTS=/tmp /usr/lib/dkms/dkms-autopkgtest /tmp/package.deb && said "PASS $package/$version $first_release" &&
    said "PASS $package/$version $second_release" && native_run dpkg --purge linux-headers-here && there "$version" "${kernels[@]}"
}
tap_check "autopkgtest-pkg-dkms" dkms_test

upgrades() {
  apt upgrade && there "$next_version" "${kernels[@]}"
}
tap_check "upgrade: the new version, and nothing of the old one" upgrades

downgrades() {
  apt --allow-downgrades install "$package"-{dkms,common}="$version" && there "$version" "${kernels[@]}"
}
tap_check "downgrade" downgrades

# Its preinst fails: dpkg goes back to what was there.
upgrade_fails() {
  dpkg-deb --raw-extract "$out/$package-dkms_${next_version}_all.deb" "$scratch/broken" &&
    printf '#!/bin/sh\nexit 1\n' >"$scratch/broken/DEBIAN/preinst" && chmod 755 "$scratch/broken/DEBIAN/preinst" &&
    dpkg-deb --build "$scratch/broken" "$root/tmp/broken.deb" || return 1
  ! says dpkg --install /tmp/broken.deb || return 1
  there "$version" "${kernels[@]}"
}
tap_check "an upgrade that cannot be unpacked: the version before is there again" upgrade_fails

# A kernel that is not running and cannot be built for.
other_kernel_fails() {
  local status=0
  native_break "${kernels[1]}"
  { apt upgrade && there_but_for_log; } || status=$?
  native_mend "${kernels[1]}"
  said "could not be built for kernel $second_release" && said "package-setup build $second_release" && return "$status"
}
there_but_for_log() {
  module_is_there "$next_version" "$first_release" && [[ $(native_run dpkg-query --list "$package-dkms") = *$'\n'"ii "* ]]
}
tap_check "upgrade: a kernel that it cannot be built for does not stop apt" other_kernel_fails

builds_later() {
  says sh -c "$(sed --quiet 's/.*is mended, run: //p' "$scratch/said")" && module_is_there "$next_version" "$second_release"
}
tap_check "what it said to run builds it when that is mended" builds_later

removes() {
  apt remove "$package-common" && is_gone && ! in_initramfs "$first_release"
}
tap_check "remove: nothing is left" removes

purges() {
  apt purge "$package-common" "$package-dkms" && is_gone && ! native_run dpkg-query --show "$package-dkms" "$package-common"
}
tap_check "purge: nothing is left" purges

running_kernel_fails() {
  native_break "${kernels[0]}"
  if apt install "$package-dkms"; then
    echo "apt says it is all right"
    return 1
  fi
  native_mend "${kernels[0]}"
  said "could not be built for kernel $first_release" && said "when that is mended, run: dpkg --configure -a"
}
tap_check "install: the running kernel cannot be built for: apt says so" running_kernel_fails

configures() {
  says dpkg --configure --pending && there "$next_version" "${kernels[@]}"
}
tap_check "dpkg --configure --pending when that is mended" configures
tap_check "purge: nothing is left of that either" purges

not_built() {
  touch "$root/etc/dkms/no-autoinstall"
  apt install "$package-dkms" && said "not built, as /etc/dkms/no-autoinstall asks for" &&
    [ "$(native_run dkms status)" = "$package/$next_version: added" ] || return 1
  # As it said.
  says sh -c "$(sed --quiet 's/.*for a kernel, run: //p' "$scratch/said")" && module_is_there "$next_version" "$first_release"
}
tap_check "install: nothing is built where the administrator wants no automatic builds" not_built
rm --force "$root/etc/dkms/no-autoinstall"
tap_check "purge: nothing is left of what was built by hand" purges

# --- a kernel whose own driver has EGM

native_make "${kernels[@]}"
native_headers "${kernels[0]}"
native_headers "${kernels[1]}"
native_own_driver "${kernels[0]}"
native_egm "${kernels[0]}"
use_repository
remember

tells_egm() {
  apt install "$package"-{dkms,common}="$version" && there "$version" "${kernels[@]}" &&
    said "warning: kernel $first_release's own driver gives guests EGM (/dev/egmN, by the module nvgrace-egm), and this" &&
    ! said "kernel $second_release's own driver" >/dev/null
}
tap_check "install: it says that EGM is lost, of the kernel that has it" tells_egm

# own_driver_again RELEASE: depmod takes the kernel's own, and DKMS has nothing for it.
own_driver_again() {
  native_run modinfo --set-version "$1" --field filename "$package" |
    grep --line-regexp "/lib/modules/$1/kernel/drivers/vfio/pci/nvgrace-gpu/$package.ko.xz" &&
    native_run modinfo --set-version "$1" --field depends "$package" | grep --line-regexp nvgrace-egm &&
    ! native_run dkms status | grep --fixed-strings "$1"
}

keeps_egm() {
  local command
  command=$(sed --quiet 's/.*after upgrades, run: //p' "$scratch/said")
  says sh -c "$command" && own_driver_again "$first_release" && module_is_there "$version" "$second_release" &&
    said "kernel $first_release keeps its own driver, which has EGM, as /etc/dkms/$package.keep-egm asks for" &&
    ! said "stays loaded until" >/dev/null
}
tap_check "what it said to run gives that kernel its own driver back" keeps_egm

keeps_egm_later() {
  apt upgrade && own_driver_again "$first_release" && module_is_there "$next_version" "$second_release" &&
    says run-parts --exit-on-error --arg="$first_release" /etc/kernel/header_postinst.d &&
    own_driver_again "$first_release"
}
tap_check "upgrade, and the kernel's hook: it keeps it" keeps_egm_later
rm --force "$root/etc/dkms/$package.keep-egm"
tap_check "purge: nothing is left, and the kernel's own driver is where it was" purges

# make install puts nothing aside.
overrides() {
  local updates=$root/usr/lib/modules/$first_release/updates
  mkdir --parents "$updates"
  native_module "$package" "$updates"
  native_run depmod "$first_release"
  ! own_driver_again "$first_release" || return 1
  echo "override $package * kernel/drivers/vfio/pci/nvgrace-gpu" >"$root/etc/depmod.d/$package.conf"
  native_run depmod "$first_release"
  own_driver_again "$first_release"
}
tap_check "a module that DKMS knows nothing of: an override of depmod keeps the kernel's own" overrides

# --- DKMS of bookworm

native_make "${kernels[0]}"
native_headers "${kernels[0]}"
native_old_kernel >/dev/null
use_repository
rm --recursive "$root/usr/lib/dkms" "$root/usr/sbin/dkms" "$root/etc/dkms"
cp --recursive /opt/bookworm/. "$root"
remember
tap_check "DKMS of bookworm: it is that" grep --quiet --ignore-case 'dkms-3\.0\.' <(native_run dkms --version)

old_installs() {
  apt install "$package"-{dkms,common}="$version" && module_is_there "$version" "$first_release" &&
    said "not built for kernel $old_release: it is"
}
tap_check "DKMS of bookworm: install" old_installs

old_upgrades() {
  apt upgrade && module_is_there "$next_version" "$first_release" && [ "$(native_run dkms status | wc --lines)" -eq 1 ]
}
tap_check "DKMS of bookworm: upgrade" old_upgrades

old_downgrades() {
  apt --allow-downgrades install "$package"-{dkms,common}="$version" && module_is_there "$version" "$first_release" &&
    [ "$(native_run dkms status | wc --lines)" -eq 1 ]
}
tap_check "DKMS of bookworm: downgrade" old_downgrades
tap_check "DKMS of bookworm: purge" purges

tap_done
