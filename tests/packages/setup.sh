#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# package-setup and explain-unbound on a machine on which something is not as it should
# be, or not its own: the /sys of a chroot's host, no DKMS, a full /boot, modules that may
# not be loaded. Prints TAP. Runs inside the rig's root.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/packages.sh"
# shellcheck source-path=SCRIPTDIR/..
. "$top/tests/tap.sh"
# shellcheck source-path=SCRIPTDIR
. "$top/tests/packages/native.sh"
# shellcheck source-path=SCRIPTDIR
. "$top/tests/packages/fake.sh"

gpu=0009:01:00.0
release=6.12.0-arm64
other=6.12.1-arm64

# program NAME: in place of the machine's; what it does is on stdin.
program() {
  rm --force "$root/usr/bin/$1" "$root/usr/sbin/$1"
  { echo '#!/bin/sh' && cat; } >"$root/usr/bin/$1"
  chmod 755 "$root/usr/bin/$1"
}

# A GPU that is bound, as the host's kernel shows it.
fake_sys() {
  local device=$root/sys/bus/pci/devices/$gpu
  mkdir --parents "$root/sys"
  mount --types tmpfs tmpfs "$root/sys"
  mkdir --parents "$device" "$root/sys/module/nvgrace_gpu_vfio_pci"
  echo 0x10de >"$device/vendor"
  echo nvgrace_gpu_vfio_pci >"$device/driver_override"
}

override() {
  cat "$root/sys/bus/pci/devices/$gpu/driver_override"
}

# is_host: what the machine has where udev runs. systemd says no to "a container?".
is_host() {
  mkdir --parents "$root/run/udev"
  touch "$root/run/udev/control"
  program systemd-detect-virt <<<'exit 1'
}

# as_host COMMAND...: not below another root, that is, with a first process of its own.
as_host() {
  # shellcheck disable=SC2016 # expanded by the inner shell
  unshare --pid --fork --mount --propagation unchanged chroot "$root" sh -c 'mount -t proc proc /proc && "$@"' sh "$@" >"$scratch/said" 2>&1
  local status=$?
  cat "$scratch/said"
  return "$status"
}

# --- removal

machine_with "$release"
fake_sys
is_host
program rmmod <<<'echo "rmmod $*"; rmdir /sys/module/nvgrace_gpu_vfio_pci'

in_chroot() {
  says "$setup" release && [ "$(override)" = nvgrace_gpu_vfio_pci ] && [ -d "$root/sys/module/nvgrace_gpu_vfio_pci" ]
}
tap_check "release: in a chroot the host's GPU and module stay as they are" in_chroot
in_container() {
  program systemd-detect-virt </dev/null
  as_host "$setup" release && [ "$(override)" = nvgrace_gpu_vfio_pci ] || return 1
  program systemd-detect-virt <<<'exit 1'
}
tap_check "release: in a container, too" in_container
without_udev() {
  mv "$root/run/udev/control" "$root/tmp" && as_host "$setup" release && [ "$(override)" = nvgrace_gpu_vfio_pci ] || return 1
  mv "$root/tmp/control" "$root/run/udev"
}
tap_check "release: and where no udev runs" without_udev
read_only() {
  mount --options remount,ro "$root/sys" && as_host "$setup" release && said "driver_override could not be cleared" || return 1
  mount --options remount,rw "$root/sys"
}
tap_check "release: a /sys that cannot be written to is said, and stops nothing" read_only
in_use() {
  program rmmod <<<'exit 1'
  as_host "$setup" release && said "a GPU is in use" || return 1
  program rmmod <<<'echo "rmmod $*"; rmdir /sys/module/nvgrace_gpu_vfio_pci'
  echo nvgrace_gpu_vfio_pci >"$root/sys/bus/pci/devices/$gpu/driver_override"
}
tap_check "release: nor does a GPU in use" in_use
on_host() {
  as_host "$setup" release && [ -z "$(override)" ] && said "rmmod nvgrace_gpu_vfio_pci" && said "GPU $gpu has no driver now"
}
tap_check "release: on the host it lets go of the GPU" on_host
umount "$root/sys"

# --- what DKMS has

configures() {
  says dpkg --configure --pending && has_module "$release"
}
no_kernels() {
  mv "$root/usr/lib/modules/$release" "$root/tmp" && says "$setup" configure "$version" && said "there is no kernel in /lib/modules" || return 1
  mv "$root/tmp/$release" "$root/usr/lib/modules"
}
tap_check "configure: no kernel at all is said" no_kernels
not_built() {
  breaks "$release"
  ! says dpkg --configure --pending || return 1
  said "run: dpkg --configure -a" && said "the log is /var/lib/dkms/$package/$version/build/make.log" &&
    ! said "package-setup build" >/dev/null && mends "$release"
}
tap_check "configure: not built for the running kernel: dpkg's command" not_built
tap_check "configure: that builds it" configures
not_by_dpkg() {
  breaks "$release"
  ! says "$setup" configure "$version" || return 1
  said "run: $setup build $release" && mends "$release" && says "$setup" build "$release" && has_module "$release"
}
tap_check "configure: without dpkg its own command, which builds it" not_by_dpkg
no_log() {
  # shellcheck disable=SC2016 # expanded by the inner shell
  cp "$root/usr/sbin/dkms" "$root/usr/sbin/dkms.real" && program dkms <<<'[ "$1" != build ] || exit 8; exec dkms.real "$@"'
  ! says "$setup" configure "$version" || return 1
  mv "$root/usr/sbin/dkms.real" "$root/usr/bin/dkms"
  said "could not be built for kernel $release, which has none now: see above" && ! said "make.log" >/dev/null
}
tap_check "configure: no log is named that is not there" no_log
not_installed() {
  fake_kernel "$other" && mkdir "$root/usr/lib/modules/$other/updates" && touch "$root/usr/lib/modules/$other/updates/dkms" &&
    says "$setup" configure "$version" && said "is built for kernel $other and could not be installed in /lib/modules/$other" &&
    ! said "could not be built" >/dev/null && has_module "$release"
}
tap_check "configure: what is built and cannot be installed is told apart" not_installed
rm --recursive "$root/usr/lib/modules/$other"

own_version() {
  cp --recursive "$root/usr/src/$package-$version" "$root/usr/src/$package-99" && echo 99 >"$root/usr/src/$package-99/VERSION" &&
    native_run dkms add -m "$package" -v 99 && says "$setup" configure "$version" && native_run dkms status | grep "^$package/99" &&
    says dpkg --remove "$package-dkms" && native_run dkms status | grep "^$package/99" && ! native_run dkms status | grep "^$package/$version"
}
tap_check "a version that an administrator has added stays, also after removal" own_version

machine_with "$release"
other_tree() {
  mkdir --parents "$root/etc/dkms/framework.conf.d" "$root/srv/dkms" && echo 'dkms_tree="/srv/dkms"' >"$root/etc/dkms/framework.conf.d/tree.conf" &&
    configures && [ -d "$root/srv/dkms/$package/$version" ] && says dpkg --purge "$package-dkms" &&
    ! find "$root/srv/dkms" "$root/usr/lib/modules" -name "$package*" | grep .
}
tap_check "dkms_tree= of DKMS's configuration: built there, and nothing of it is left" other_tree

machine_with "$release"
no_dkms() {
  mv "$root/usr/sbin/dkms" "$root/tmp" && ! says "$setup" configure "$version" || return 1
  said "there is no dkms to build the module with: install" && [ "$(wc --lines <"$scratch/said")" -eq 1 ] && mv "$root/tmp/dkms" "$root/usr/sbin"
}
tap_check "configure: DKMS is missing: one line says so" no_dkms
full_boot() {
  touch "$root/boot/initrd.img-$release" && program update-initramfs <<<'exit 1' && configures &&
    said "the initramfs of kernel $release could not be made again" && said "run: update-initramfs -u -k $release"
}
tap_check "configure: an initramfs that cannot be made: which command makes it" full_boot
overridden() {
  local copy=/etc/udev/rules.d/65-$package.rules
  says "$setup" refresh && ! said "in the place of" >/dev/null && cp "$root/usr/lib/udev/rules.d/65-$package.rules" "$root$copy" &&
    says "$setup" refresh && ! said "in the place of" >/dev/null && echo "# old" >>"$root$copy" &&
    says "$setup" refresh && said "$copy is used in the place of this package's file" &&
    ln --force --symbolic /dev/null "$root$copy" && says "$setup" refresh && ! said "in the place of" >/dev/null && rm "$root$copy"
}
tap_check "refresh: an administrator's old copy of the rule is told of, a copy that is the same and a link are not" overridden
at_a_time() {
  exec 8<"$root/usr/share/$package" && flock 8 || return 1
  native_run "$setup" build "$release" >"$scratch/waits" 2>&1 8<&- &
  until grep --quiet "waiting for another package-setup" "$scratch/waits"; do
    kill -0 "$!" || { cat "$scratch/waits"; return 1; }
    sleep 0.1
  done
  exec 8<&- && wait "$!"
}
tap_check "two at a time: the second one waits for the first" at_a_time
other_root() {
  # shellcheck disable=SC2016
  says env DPKG_ROOT=/nowhere sh -c 'for script in dkms.postinst dkms.prerm common.postinst common.prerm common.postrm; do sh -e "/var/lib/dpkg/info/$1-$script" "$2" || exit; done' sh "$package" remove &&
    has_module "$release" && sed 's,/usr/libexec,/nowhere,' "$root/var/lib/dpkg/info/$package-dkms.postinst" >"$root/tmp/postinst" &&
    says env DPKG_ROOT=/nowhere sh /tmp/postinst configure
}
tap_check "the package in another root (DPKG_ROOT): its scripts do nothing" other_root

full_boot_later() {
  says dpkg --purge "$package-dkms" && said "the initramfs of kernel $release could not be made again" &&
    says dpkg --purge "$package-common" && said "still has the driver and its udev rule" && said "run: update-initramfs -u -k all"
}
tap_check "purge: an initramfs that keeps the driver is told of, with the command" full_boot_later

# --- a loaded module of another version

machine_with "$release"
fake_sys
is_host
program udevadm </dev/null
program systemctl </dev/null
echo 0x8086 >"$root/sys/bus/pci/devices/$gpu/vendor"
# loaded VERSION
loaded() {
  echo "$1" >"$root/sys/module/nvgrace_gpu_vfio_pci/version" && as_host "$setup" configure "$version"
}
reboot_asked_for() {
  loaded "$version" && [ ! -e "$root/run/reboot-required" ] && loaded 0.0.1 && said "version 0.0.1 stays loaded" && loaded 0.0.1 &&
    [ -e "$root/run/reboot-required" ] && [ "$(cat "$root/run/reboot-required.pkgs")" = "$package-common" ]
}
tap_check "configure: another version stays loaded: a reboot is asked for" reboot_asked_for
umount "$root/sys"

# --- why a GPU is not bound

machine_with "$release"
native_run dpkg --configure --pending >/dev/null 2>&1

fake_sys
rmdir "$root/sys/module/nvgrace_gpu_vfio_pci"
explain=/usr/libexec/$package/explain-unbound
# Says what the kernel and kmod would.
program modprobe <<'EOF'
case " $* " in
  *" --showconfig "*) cat /tmp/config ;;
  *" --use-blacklist "*) grep --quiet blacklist /tmp/config || { cat /tmp/error >&2; exit 1; } ;;
  *) touch /tmp/loaded ;;
esac
EOF
program modinfo <<'EOF'
case $* in
  *signer*) echo "DKMS module signing key" ;;
esac
EOF
touch "$root/tmp/config" "$root/tmp/error" "$root/tmp/cmdline"
mkdir "$root/tmp/kernel"
mount --bind "$root/tmp/cmdline" "$root/proc/cmdline"
mount --bind "$root/tmp/kernel" "$root/proc/sys/kernel"

# explains CONFIGURATION ERROR CMDLINE MODULES-DISABLED SENTENCE
explains() {
  printf '%s\n' "$1" >"$root/tmp/config"
  printf '%s\n' "$2" >"$root/tmp/error"
  printf '%s\n' "$3" >"$root/tmp/cmdline"
  printf '%s\n' "$4" >"$root/tmp/kernel/modules_disabled"
  ! says "$explain" "$gpu" || return 1
  said "$5" && [ "$(wc --lines <"$scratch/said")" -eq 1 ] && [ ! -e "$root/tmp/loaded" ]
}
error="modprobe: ERROR: could not insert '$package': "
tap_check "a blacklisted module is not loaded, and that is said" \
  explains "blacklist nvgrace_gpu_vfio_pci" "" "" 0 "the module is blacklisted, in modprobe.d or"
tap_check "module_blacklist= is no matter of keys" \
  explains "" "${error}Operation not permitted" "quiet module_blacklist=nouveau,nvgrace_gpu_vfio_pci ro" 0 "has it in module_blacklist="
tap_check "nor is kernel.modules_disabled" explains "" "${error}Operation not permitted" "" 1 "kernel.modules_disabled is 1"
tap_check "SLES loads no unsupported module" \
  explains "" "modprobe: ERROR: module '$package' is unsupported" "" 0 "echo allow_unsupported_modules 1 >/etc/modprobe.d/10-unsupported-modules.conf"
# dkms_key NAME
dkms_key() {
  openssl req -x509 -newkey rsa:2048 -nodes -keyout /dev/null -outform der -out "$root/var/lib/dkms/mok.pub" -subj "/CN=$1" 2>/dev/null
}
dkms_key "DKMS module signing key"
tap_check "a key that is not trusted" explains "" "${error}Key was rejected by service" "" 0 "mokutil --import /var/lib/dkms/mok.pub"
tap_check "the same under lockdown" explains "" "${error}Operation not permitted" "module_blacklist=nouveau" 0 "mokutil --import /var/lib/dkms/mok.pub"
dkms_key "Secure Boot Module Signature key"
tap_check "DKMS's key is not named for a module that somebody else signed" explains "" "${error}Key was rejected by service" "" 0 "that is not on this machine"
rm "$root/var/lib/dkms/mok.pub"
tap_check "no file is named that is not there" explains "" "${error}Key was rejected by service" "" 0 "that is not on this machine"

program modinfo <<<'exit 1'
tap_check "no module, with headers: what builds it or says why not" explains "" "" "" 0 "package-setup build $release"
rm --recursive "$root/usr/lib/modules/$release/build"
tap_check "no module, no headers" explains "" "" "" 0 "whose headers are missing; install them"
rm "$root/usr/share/$package/dkms.sh"
tap_check "no module, and nothing that builds one" explains "" "" "" 0 "install the package that has it for this kernel, or $package-dkms"

tap_done
