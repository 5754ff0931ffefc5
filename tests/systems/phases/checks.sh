# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What the phases of package tests share: the names of things, and questions about
# the system they run in. GPUs are counted from 1, as the virtual host has them.

# shellcheck source-path=SCRIPTDIR source=../../tap.sh
. /rig/tap.sh

package=nvgrace-gpu-vfio-pci-dkms
# What that needs; it goes with it.
common=nvgrace-gpu-vfio-pci-common
module=nvgrace-gpu-vfio-pci
driver=nvgrace_gpu_vfio_pci
kernel=$(uname -r)
current=$(cat /rig/repo/version)
# Higher than the current one: the same driver, and one that cannot be compiled.
# shellcheck disable=SC2034 # for the phases
next=$current.1 broken=$current.2

bdf() {
  printf '0000:%02x:00.0\n' "$1"
}

gpu() {
  printf '/sys/bus/pci/devices/%s\n' "$(bdf "$1")"
}

# driver_is GPU DRIVER, "none" if it shall have none; says what is the case.
driver_is() {
  local found=none
  [ ! -e "$(gpu "$1")/driver" ] || found=$(basename "$(readlink "$(gpu "$1")/driver")")
  echo "GPU $1 has the driver $found"
  [ "$found" = "$2" ]
}

override_is() {
  local found
  found=$(cat "$(gpu "$1")/driver_override")
  echo "driver_override of GPU $1 is $found"
  [ "$found" = "$2" ]
}

# says FILE TEXT...: each text is in the file.
says() {
  local file=$1 text
  shift
  for text; do
    grep --quiet --fixed-strings -e "$text" "$file" || { echo "not said: $text; but:" && cat "$file" && return 1; }
  done
}

does_not_say() {
  ! says "$@" >/dev/null || { cat "$1" && return 1; }
}

# As the README says, with a folder in place of a web server.
add_repository() {
  cp /rig/repo/nvgrace-gpu-vfio-pci.sources /etc/apt/sources.list.d/
  apt-get update
}

# What it says is kept in /tmp/apt. apt gives dpkg a terminal, whose lines end with CR.
# Nothing may keep it waiting.
apt_quietly() {
  local status=0
  timeout 1700 apt-get --yes "$@" >/tmp/apt 2>&1 || status=$?
  sed --in-place 's/\r//g' /tmp/apt
  [ "$status" -eq 0 ] || cat /tmp/apt
  return "$status"
}

install_package() {
  apt_quietly --allow-downgrades install "$package=$1" "$common=$1"
}

# Where DKMS puts it, and modprobe finds it.
module_file() {
  modinfo -k "$1" --field filename "$module"
}

# dkms_has VERSION KERNEL...: exactly that is in the DKMS tree, and installed.
dkms_has() {
  local version=$1 release expected found
  shift
  expected=$(for release; do echo "$module/$version, $release, aarch64: installed"; done | sort)
  found=$(dkms status -m "$module" | sort)
  echo "DKMS has: $found"
  [ "$found" = "$expected" ] && [ "$(cd "/var/lib/dkms/$module" && echo [0-9]*)" = "$version" ] &&
    for release; do
      [ "$(modinfo -k "$release" --field version "$module")" = "$version" ] || return 1
    done
}

dkms_has_nothing() {
  [ -z "$(dkms status -m "$module")" ] && [ ! -e "/var/lib/dkms/$module" ] &&
    ! find /lib/modules -name "$module.ko*" | grep .
}

# All files of the package are there as they were packed, and no other of its version.
package_is() {
  [ "$(dpkg-query --show --showformat='${Status} ${Version}' "$package")" = "install ok installed $1" ] &&
    dpkg --verify "$package" "$common" && [ -z "$(dpkg --verify "$package" "$common")" ] &&
    [ "$(echo /usr/src/"$module"-*)" = "/usr/src/$module-$1" ]
}

manager_is_healthy() {
  local audit
  audit=$(dpkg --audit)
  echo "$audit"
  [ -z "$audit" ] && apt-get check
}

# What is on the disk, but for what package managers, logs and the tests themselves keep.
list_files() {
  find / -xdev \( -path /var/lib/apt -o -path /var/lib/dpkg -o -path /var/lib/rig -o -path /var/lib/systemd \
    -o -path /var/cache -o -path /var/log -o -path /var/tmp -o -path /tmp -o -path /run -o -path /rig -o -path /root \
    -o -path '*/greedy_gpu.ko' -o -path "/lib/modules/$kernel/extra" -o -path "/usr/lib/modules/$kernel/extra" \
    -o -path '/etc/*/nvgrace-gpu-vfio-pci.*' -o -path '/etc/modules-load.d/greedy.conf' -o -path '/var/lib/dkms/mok.*' \
    \) -prune -o -printf '%M %p\n' | sort
}

# The GPU is used as by a virtual machine, until let_go.
hold() {
  coproc HOLD { exec /rig/programs/hold "$1" 2>&1; }
  local answer
  read -r -t 60 answer <&"${HOLD[0]}"
  echo "$answer"
  [ "$answer" = held ]
}

# Fails if the memory was changed meanwhile, or the user had died.
let_go() {
  kill -TERM "$HOLD_PID" && wait "$HOLD_PID"
}

loaded_version_is() {
  local found
  found=$(cat "/sys/module/$driver/version")
  echo "version $found is loaded"
  [ "$found" = "$1" ]
}

# A restart of udev's view: what happens to a GPU that is plugged in anew.
replug() {
  local number
  for number; do
    echo 1 >"$(gpu "$number")/remove"
  done
  udevadm settle
  echo 1 >/sys/bus/pci/rescan
  udevadm settle
}

unload_greedy() {
  [ ! -d /sys/module/greedy_gpu ] || rmmod greedy_gpu
}

# vfio_works GPU: by the program that goes through each path to its memory.
vfio_works() {
  /rig/programs/demo "$1"
}

# Nothing failed at boot. The phase itself runs, so it is not waited for.
no_unit_failed() {
  local failed
  failed=$(systemctl --failed --no-legend --plain)
  echo "$failed"
  [ -z "$failed" ]
}
