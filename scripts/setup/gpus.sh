# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
#
# package-setup: the GPUs of the machine that runs.

: "${name:?}" "${driver:?}"

# on_host: this is the root of the system whose devices these are. In a chroot or a
# container /sys may be there, and even /run: they are the host's. A chroot has another
# root than the first process, whatever tools it has in it; a container's first process
# is its own, but then systemd knows, and udev does not run there. Where it cannot be
# told, nothing is done: that harms nothing.
on_host() {
  [ -e /run/udev/control ] || return 1
  # shellcheck disable=SC3013 # no sh of a distribution lacks it
  [ /proc/1/root -ef / ] || return 1
  ! command -v systemd-detect-virt >/dev/null || ! systemd-detect-virt --quiet --container
}

reload() {
  [ ! -d /run/systemd/system ] || systemctl daemon-reload || true
  udevadm control --reload
}

wanted_gpus() {
  for device in /sys/bus/pci/devices/*; do
    [ "$(cat "$device/vendor" 2>/dev/null)" = 0x10de ] || continue
    ! udevadm info --query=property --path="$device" | grep --quiet '^NVGRACE_GPU_BIND=yes$' ||
      basename "$device"
  done
}

bind_gpus() {
  on_host || return 0
  reload || return 0
  udevadm trigger --action=change --subsystem-match=pci --attr-match=vendor=0x10de --settle || return 0
  for gpu in $(wanted_gpus); do
    "$(dirname "$0")/explain-unbound" "$gpu" || continue
    [ ! -e "/sys/bus/pci/drivers/$driver/$gpu" ] || say "GPU $gpu is bound"
  done
}

tell_loaded_version() {
  on_host || return 0
  [ -d "/sys/module/$driver" ] || return 0
  loaded=$(cat "/sys/module/$driver/version" 2>/dev/null) || loaded="of the kernel"
  [ "$loaded" != "$1" ] || return 0
  say "version $loaded stays loaded until the next boot; to change over when no GPU is in use, run:" \
    "modprobe --remove $name && modprobe $name"
  ask_for_reboot || true
}

# Where the distribution's own tools look for that: Debian's and Ubuntu's, SUSE's. dnf's
# have no such place.
ask_for_reboot() {
  if command -v apt-get >/dev/null; then
    touch /run/reboot-required
    grep --quiet --line-regexp "$name-common" /run/reboot-required.pkgs 2>/dev/null ||
      echo "$name-common" >>/run/reboot-required.pkgs
  elif command -v zypper >/dev/null; then
    touch /run/reboot-needed
  fi
}

# Nothing here waits for a virtual machine: a module in use cannot be unloaded. Nothing
# that fails stops a removal.
release() {
  on_host || return 0
  freed=''
  [ ! -d /run/systemd/system ] || systemctl stop "$name.service" || true
  for device in /sys/bus/pci/devices/*; do
    [ "$(cat "$device/driver_override" 2>/dev/null)" = "$driver" ] || continue
    if { echo >"$device/driver_override"; } 2>/dev/null; then
      freed="$freed $(basename "$device")"
    else
      warn "$device/driver_override could not be cleared: it names the driver until the next boot"
    fi
  done
  if [ -d "/sys/module/$driver" ] && ! rmmod "$driver"; then
    warn "a GPU is in use, so the driver stays loaded; when it is not any more, run: rmmod $driver"
    return 0
  fi
  for gpu in $freed; do
    say "GPU $gpu has no driver now; to give it to another one that is loaded, run:" \
      "echo $gpu >/sys/bus/pci/drivers_probe"
  done
}
