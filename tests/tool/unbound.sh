#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What is set on a host keeps the driver from the GPU: lists of modules, udev's rule,
# modprobe's configuration. Prints TAP.
#
# unbound.sh TOOL: the tool, built with sanitizers.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/tool.sh"

# --- depmod's lists

list=lib/modules/$RELEASE/modules.dep
depmod=("depmod $RELEASE")
empty_list() { unload; : >"$tree/$list"; }
check "the list of modules is empty: doctor" empty_list doctor_begins 2 "VFIO: /$list is not there, or not whole" "${depmod[@]}"
cut_list() { unload; head --bytes=-3 "$tree/$list" >"$scratch/part"; cp "$scratch/part" "$tree/$list"; }
check "it is cut short: doctor" cut_list doctor_begins 2 "VFIO: /$list is not there, or not whole" "${depmod[@]}"
no_list() { unload; rm "$tree/$list"; }
check "it is not there: doctor" no_list doctor_begins 2 "VFIO: /$list is not there, or not whole" "${depmod[@]}"
empty_loaded() { : >"$tree/$list"; }
check "it is empty, and what is needed is loaded: doctor" empty_loaded doctor_begins 1 "VFIO: /$list is not there, or not whole" "${depmod[@]}"
no_modules() { unload; rm --recursive "$tree/lib/modules"; }
is_unknown() { run 2 doctor && says "unknown    VFIO: the modules of kernel $RELEASE cannot be looked at" && ! grep depmod "$scratch/out"; }
check "nothing of the kernel's modules is there: doctor" no_modules is_unknown
unlisted() { unload; sed --in-place "/^updates/d" "$tree/$list"; }
check "a module that is in no list: doctor" unlisted doctor_begins 2 \
  "Driver's module: kernel $RELEASE: /lib/modules/$RELEASE/updates/dkms/$MODULE.ko is there, and modules.dep does not name it" "${depmod[@]}"
unlisted_packed() { unlisted; mkdir "$tree/lib/modules/$RELEASE/extra"; mv "$tree/lib/modules/$RELEASE/updates/dkms/$MODULE.ko" "$tree/lib/modules/$RELEASE/extra/$MODULE.ko.zst"; }
check "the same, packed, and in another folder: doctor" unlisted_packed doctor_begins 2 \
  "Driver's module: kernel $RELEASE: /lib/modules/$RELEASE/extra/$MODULE.ko.zst is there" "${depmod[@]}"
unlisted_next() { modules_install 6.19.2-arm64; sed --in-place "/^updates/d" "$tree/lib/modules/6.19.2-arm64/modules.dep"; }
check "the same, of the next kernel: doctor" unlisted_next doctor_begins 1 \
  "Next kernel: kernel 6.19.2-arm64: /lib/modules/6.19.2-arm64/updates/dkms/$MODULE.ko is there, and modules.dep does not name it" "depmod 6.19.2-arm64"

# --- udev's rule

rule=65-$MODULE.rules
# unmasks FILE
unmasks() {
  printf '%s\n' "mv $1 $1.off" "update-initramfs -u -k all" "udevadm control --reload" \
    "udevadm trigger --settle --subsystem-match=pci --attr-match=vendor=0x10de"
}
# masked FOLDER: as a boot leaves it.
masked() { unload; rm "$tree/run/udev/data/+pci:$GPU"; mkdir --parents "$tree/$1"; ln --symbolic /dev/null "$tree/$1/$rule"; }
names_mask() {
  local fix
  mapfile -t fix < <(unmasks "/$1/$rule")
  doctor_begins 2 "Loaded module: the module is not loaded: /$1/$rule is in the place of the rule by which udev does that" "${fix[@]}"
}
masked_in_etc() { masked etc/udev/rules.d; }
check "a link to /dev/null is in the place of the udev rule: doctor" masked_in_etc names_mask etc/udev/rules.d
masked_until_boot() { masked run/udev/rules.d; }
check "the same, until the next boot: doctor" masked_until_boot names_mask run/udev/rules.d
masked_bound() { rm "$tree/run/udev/data/+pci:$GPU"; put "etc/udev/rules.d/$rule" "# nothing"; }
masked_next() {
  local fix
  mapfile -t fix < <(unmasks "/etc/udev/rules.d/$rule")
  doctor_begins 1 "Binding at boot: $GPU: /etc/udev/rules.d/$rule is in the place of the rule that binds it at boot" "${fix[@]}"
}
check "a file is in the place of the udev rule, and the GPU is bound by hand: doctor" masked_bound masked_next
own_rule() { put "etc/udev/rules.d/$rule" 'ENV{NVGRACE_GPU_BIND}="yes"'; }
check "the same, and udev binds the GPU by it: doctor" own_rule all_well
masks_nothing() { unload; rm "$tree/usr/lib/udev/rules.d/$rule"; put "etc/udev/rules.d/$rule" "#"; }
check "the same, and the package has none: doctor" masks_nothing doctor_begins 2 "Loaded module: the module is not loaded" "modprobe $MODULE"

# --- modprobe's configuration

blacklist() { put etc/modprobe.d/a.conf $'blacklist nouveau\nblacklist nvgrace-gpu-vfio-pci'; }
blacklisted() { unload; blacklist; }
check "the module is blacklisted, and not loaded: doctor" blacklisted doctor_begins 2 \
  "modprobe's configuration: /etc/modprobe.d/a.conf: blacklist nvgrace-gpu-vfio-pci" \
  "sed --in-place '2s/^/#/' /etc/modprobe.d/a.conf" "update-initramfs -u -k all" "modprobe $MODULE"
check "the same, and it is loaded by hand: doctor" blacklist doctor_begins 1 \
  "modprobe's configuration: /etc/modprobe.d/a.conf: blacklist nvgrace-gpu-vfio-pci" \
  "sed --in-place '2s/^/#/' /etc/modprobe.d/a.conf" "update-initramfs -u -k all"
# vfio_pci_has LINE...: those are in modprobe's configuration, and it has the GPU.
vfio_pci_has() { pci_unbind "$GPU"; driver_add vfio-pci; link sys/bus/pci/drivers/vfio-pci "sys/bus/pci/devices/$GPU/driver"; printf '%s\n' "$@" >"$scratch/lines"; put etc/modprobe.d/vfio.conf "$(cat "$scratch/lines")"; }
ids() { vfio_pci_has 'options vfio-pci disable_vga=1' 'options vfio-pci ids=8086:1521,10DE:2342'; }
check "vfio-pci has the GPU by ids, which are not in its first line: doctor" ids doctor_begins 2 \
  "GPU's driver: $GPU: vfio-pci has it: /etc/modprobe.d/vfio.conf gives it to vfio-pci: options vfio-pci ids=8086:1521,10DE:2342" \
  "sed --in-place '2s/10de:2342,\?//I' /etc/modprobe.d/vfio.conf" "update-initramfs -u -k all" "nvgrace-gpu bind $GPU"
other_ids() { vfio_pci_has 'options vfio-pci ids=10de:2330'; }
check "vfio-pci has the GPU, and its ids are others: doctor" other_ids doctor_begins 2 "GPU's driver: $GPU: vfio-pci has it" "nvgrace-gpu bind $GPU"

check "each finding in those states has a code of its own" nothing coded

tap_done
