# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What goes wrong on an operator's host: no headers, a source that this kernel does not
# take, a full disk. Each time it is said what to do, and doing that is enough.

# shellcheck source-path=SCRIPTDIR source=checks.sh
. /rig/phases/checks.sh

fails() {
  ! "$@"
}

# Only our package is not as it should be, and others can still be installed and removed.
only_ours_is_broken() {
  dpkg --audit
  [ "$(dpkg-query --show --showformat='${Package} ${Status}\n' | grep --invert-match 'install ok installed')" = \
    "$package install ok half-configured" ] || return 1
  dpkg --install /rig/other/other.deb && dpkg --purge other
}

# recovered VERSION
recovered() {
  manager_is_healthy && dkms_has "$1" "$kernel" && driver_is 1 "$driver"
}

apt_quietly remove "linux-headers-$kernel"
add_repository >/dev/null
tap_check "without headers the package installs" install_package "$current"
tap_check "it is said what to install" says /tmp/apt "not built for kernel $kernel" "linux-headers-$kernel"
tap_check "the GPU's log says so too" bash -c \
  "journalctl --unit=$module@$(bdf 1).service | grep 'there is no module for kernel $kernel'"
tap_check "the package manager has nothing to complain about" manager_is_healthy
tap_check "when the headers come, the module is built" apt_quietly install /rig/headers/*.deb
udevadm trigger "$(gpu 1)" "$(gpu 2)"
udevadm settle
tap_check "and the GPU can be bound" recovered "$current"
tap_check "all its files are there" package_is "$current"

tap_check "a source that cannot be compiled is an error" fails install_package "$broken"
tap_check "the compiler's message is shown, and what to do" says /tmp/apt \
  'error: ' "could not be built for kernel $kernel" "make.log" "run: dpkg --configure -a"
tap_check "the package manager works on" only_ours_is_broken
tap_check "the GPU keeps the driver that it has" driver_is 1 "$driver"
sed --in-place '/^#error/d' /usr/src/"$module-$broken"/src/range.c
tap_check "with the source mended, dpkg ends what it began" dpkg --configure -a
tap_check "everything is there" recovered "$broken"

cp --archive /var/lib/dkms /tmp/dkms
mount -t tmpfs -o size=1m,mode=755 full /var/lib/dkms
cp --archive /tmp/dkms/. /var/lib/dkms/
tap_check "a full disk is an error" fails install_package "$current"
# The compiler's own message is in the log only if that has room left, on the same disk.
tap_check "it is said that it is full, and what to do" says /tmp/apt "could not be built for kernel $kernel" \
  "disk of /var/lib/dkms is full: free some space" "run: dpkg --configure -a"
tap_check "the package manager still works" only_ours_is_broken
mount -o remount,size=256m /var/lib/dkms
tap_check "with space, dpkg ends what it began" dpkg --configure -a
tap_check "and all is well" recovered "$current"
tap_check "all files are there again" package_is "$current"
umount /var/lib/dkms
tap_done
