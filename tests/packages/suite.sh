# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A host of a Debian suite with the package's files, whose udev and kmod are asked what
# they would do: nothing runs. It has the root of that suite, a /sys of ours and a few
# modules. Source packages.sh first.

: "${top:?}" "${scratch:?}" "${RIG_CACHE:?}"

bus=sys/bus/pci
rules=/etc/udev/rules.d
release=6.12.0-arm64

trap 'umount --lazy --recursive "$root" 2>/dev/null || true; rm --recursive --force --one-file-system "$scratch"' EXIT

# suite_host SUITE: in $root, with all that this writes in memory.
suite_host() {
  root=$scratch/root
  mkdir "$scratch"/{upper,work} "$root"
  mount --types overlay --options "lowerdir=$RIG_CACHE/suites/$1,upperdir=$scratch/upper,workdir=$scratch/work" overlay "$root"
  mount --types proc proc "$root/proc"
  mkdir --parents "$root/etc/modprobe.d" "$root$rules"
  make --silent --directory="$top" DESTDIR="$root" install-host
  suite_modules
}

# What modules.alias of a host has that matters here.
suite_modules() {
  local folder=$root/usr/lib/modules/$release id aliases=()
  mkdir --parents "$folder/kernel" "$folder/updates"
  for id in $(driver_ids); do
    aliases+=("alias=vfio_pci:v000010DEd0000${id}sv*sd*bc*sc*i*")
  done
  make_module nvgrace-gpu-vfio-pci "$folder/updates" "${aliases[@]}"
  make_module vfio-pci "$folder/kernel" 'alias=vfio_pci:v*d*sv*sd*bc*sc*i*'
  make_module nouveau "$folder/kernel" 'alias=pci:v000010DEd*sv*sd*bc03sc*i*'
  make_module nvidia "$folder/kernel" 'alias=pci:v000010DEd*sv*sd*bc03sc02i00*'
  touch "$folder/modules.order" "$folder/modules.builtin" "$folder/modules.builtin.modinfo"
  chroot "$root" depmod "$release"
}

modalias() {
  echo "$1:v000010DEd0000${2}sv000010DEsd000016EBbc03sc02i00"
}

# --- devices

# chosen [LINE...]: the devices are as the kernel has found them; these lines are the
# administrator's rules.
chosen() {
  while umount "$root/sys" "$root/run" 2>/dev/null; do :; done
  mount --types tmpfs tmpfs "$root/sys"
  mount --types tmpfs tmpfs "$root/run"
  mkdir --parents "$root/$bus/devices" "$root/$bus/drivers"
  touch "$root/$bus/drivers_probe"
  rm --recursive --force "$root/etc/driverctl.d" "${root:?}$rules"/*
  printf '%s\n' "$@" >"$root$rules/60-nvgrace-gpu.rules"
  device 0009:01:00.0 10DE 2342
  device 0019:01:00.0 10DE 2345
  device 0029:01:00.0 10DE 2941
  device 0039:01:00.0 1234 2342
}

# device BDF VENDOR DEVICE
device() {
  local folder=sys/devices/pci$1/$1
  mkdir --parents "$root/$folder"
  ln --symbolic --relative "$root/$folder" "$root/$bus/devices/$1"
  ln --symbolic --relative "$root/$bus" "$root/$folder/subsystem"
  echo "0x${2,,}" >"$root/$folder/vendor"
  echo "0x${3,,}" >"$root/$folder/device"
  echo '(null)' >"$root/$folder/driver_override"
  printf 'PCI_ID=%s\nPCI_SLOT_NAME=%s\nMODALIAS=pci:v0000%sd0000%ssv000010DEsd000016EBbc03sc02i00\n' "$2:$3" "$1" "$2" "$3" \
    >"$root/$folder/uevent"
}

# given_driver BDF DRIVER
given_driver() {
  mkdir --parents "$root/$bus/drivers/$2"
  ln --symbolic --relative "$root/$bus/drivers/$2" "$root/$bus/devices/$1/driver"
  echo "DRIVER=$2" >>"$root/$bus/devices/$1/uevent"
}

# Its own words for the same things, by version.
udevadm() {
  SYSTEMD_DEVICE_VERIFY_SYSFS=0 SYSTEMD_COLORS=0 SYSTEMD_URLIFY=0 chroot "$root" udevadm "$@"
}

# event ACTION BDF: "override", if rules write our driver into driver_override, and then what
# they run. The oldest does write, which is undone.
event() {
  local override=$root/$bus/devices/$2/driver_override before
  before=$(cat "$override")
  udevadm test --action="$1" "/$bus/devices/$2" >"$scratch/event" 2>"$scratch/event.log" || { cat "$scratch/event.log"; return 1; }
  echo "$before" >"$override"
  sed --quiet "/driver_override/s/.*writing.*[\"']nvgrace_gpu_vfio_pci[\"'].*/override/p" "$scratch/event.log"
  sed --quiet --regexp-extended "s/^run: '(.*)'$/\1/p; s/^ *RUN\{[a-z]+\} : //p" "$scratch/event"
}

# does ACTION BDF [LINE...]: event prints just that.
does() {
  diff <([ "$#" -eq 2 ] || printf '%s\n' "${@:3}") <(event "$1" "$2")
}

# --- modules

# what_modprobe_does NAME...: one a line; and its complaints.
what_modprobe_does() {
  local name
  for name; do
    printf '%s: ' "$name"
    chroot "$root" modprobe --set-version "$release" --dry-run --verbose "$name" 2>&1 | paste --serial --delimiters=' '
  done
}
