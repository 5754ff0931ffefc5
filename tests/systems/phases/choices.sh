# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Hotplug, and what an administrator chooses. The lines are those of the manual page.

# shellcheck source-path=SCRIPTDIR source=checks.sh
. /rig/phases/checks.sh

rules=/etc/udev/rules.d/60-nvgrace-gpu.rules

# choose LINE...: the administrator's file, these lines and no other.
choose() {
  printf '%s\n' "$@" >"$rules"
  udevadm control --reload
}

not_this() {
  echo "SUBSYSTEM==\"pci\", KERNEL==\"$(bdf "$1")\", ENV{NVGRACE_GPU_BIND}=\"no\""
}

none='SUBSYSTEM=="pci", ENV{NVGRACE_GPU_BIND}="no"'

this_id_too() {
  echo "SUBSYSTEM==\"pci\", ATTR{vendor}==\"0x10de\", ATTR{device}==\"$1\", ENV{NVGRACE_GPU_BIND}=\"yes\""
}

# What driverctl does, by a rule with a lower number than ours: the kernel has looked for
# a driver before udev hears of the device, or will after that, so it is asked to again.
override_for() {
  echo "SUBSYSTEM==\"pci\", KERNEL==\"$(bdf "$1")\", ACTION==\"add\", ATTR{driver_override}=\"$2\"," \
    "ATTR{[subsystem/pci]drivers_probe}=\"\$kernel\"" >/etc/udev/rules.d/05-test-override.rules
  udevadm control --reload
}

no_override() {
  rm --force /etc/udev/rules.d/05-test-override.rules
  udevadm control --reload
}

quiet_about() {
  /usr/libexec/nvgrace-gpu-vfio-pci/explain-unbound "$(bdf "$1")" && no_unit_failed
}

# A driver that is loaded gets a GPU that is found before udev hears of it: not here.
unload_greedy
mv "/lib/modules/$kernel/extra/greedy_gpu.ko" /var/lib/rig/
depmod
replug 1 2 3
tap_check "a GPU that was removed and found again is bound" driver_is 1 "$driver"
tap_check "and so is another" driver_is 2 "$driver"
tap_check "one that is not bound by default is not" driver_is 3 none
modprobe --remove "$module"
replug 1
tap_check "udev loads the module where it is not loaded" driver_is 1 "$driver"
tap_check "VFIO gives access to it" vfio_works 1

choose "$(not_this 1)"
replug 1 2
tap_check "a GPU is opted out by address" driver_is 1 none
tap_check "its driver_override is not touched" override_is 1 "(null)"
tap_check "the others are bound" driver_is 2 "$driver"

choose "$none"
replug 1 2
tap_check "all GPUs are opted out" driver_is 1 none
tap_check "all of them" driver_is 2 none

choose "$(this_id_too 0x2348)"
replug 1 3
tap_check "another id is opted in with one line" driver_is 3 "$driver"
tap_check "those that are bound by default still are" driver_is 1 "$driver"

rm "$rules"
modprobe vfio-pci
override_for 2 vfio-pci
replug 2
tap_check "driver_override of an administrator stands" override_is 2 vfio-pci
tap_check "and has its effect" driver_is 2 vfio-pci
override_for 2 no_such_driver
replug 2
tap_check "also where there is no such driver" driver_is 2 none
tap_check "and nobody complains" quiet_about 2
no_override

# For the next boot: GPU 1 opted out, GPU 2 with a driver_override of its own.
choose "$(not_this 1)"
override_for 2 vfio-pci
mv /var/lib/rig/greedy_gpu.ko "/lib/modules/$kernel/extra/"
depmod
tap_check "the choices go into the initramfs" update-initramfs -u -k all
tap_done
