#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# doctor, list and status in recorded states of a host. Prints TAP.
#
# states.sh TOOL: the tool, built with sanitizers.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/tool.sh"
tools=$folder/../../tools

check "all is well: no problem, no warning" nothing all_well
check "all is well: doctor --json" nothing golden doctor.json doctor --json
check "bound to the package's driver: list" nothing golden list.txt list
check "bound to the package's driver: status" nothing golden status.txt status
check "bound to the package's driver: status --json" nothing golden status.json status "$GPU" --json

unbound() { pci_unbind "$GPU"; }
for_libvirt() { run 0 doctor && says "unknown    GPU's driver: $GPU: it has no driver; libvirt gives it one when a guest starts" && ! grep 'Begin with' "$scratch/out"; }
check "unbound, as libvirt leaves it between guests: doctor" unbound for_libvirt
lost() { unbound; put "sys/bus/pci/devices/$GPU/driver_override" "$DRIVER"; }
check "it is to have the driver, and has none: doctor" lost doctor_begins 2 "GPU's driver: $GPU: it has no driver" "nvgrace-gpu bind $GPU"
status_unbound() { run 0 status && says 'driver           none' 'memory           not known' 'driver_override  none'; }
check "unbound: status" unbound status_unbound

in_kernel() { rm "$tree/sys/module/$DRIVER/version"; rm --recursive "$tree/sys/bus/pci/devices/$GPU/nvgrace_gpu"; }
status_kernel() { run 0 status && says "driver           $DRIVER, the kernel's own"; }
check "bound to the kernel's own driver: status" in_kernel status_kernel
check "bound to the kernel's own driver: doctor" in_kernel doctor_begins 1 \
  "Loaded module: the kernel's own driver is loaded, version 0.1.0 is installed" \
  "# when no GPU is in use:" "modprobe --remove $MODULE && modprobe $MODULE"

in_use() { process 4711 qemu-system-aar /dev/vfio/12; process 4712 bash /dev/null; }
status_in_use() { run 0 status && says 'open in          4711 (qemu-system-aar): /dev/vfio/12' && ! grep 4712 "$scratch/out"; }
check "in use: status says by whom" in_use status_in_use
in_use_cdev() { process 4711 qemu /dev/vfio/devices/vfio0; }
status_cdev() { run 0 status --json && says '"file": "/dev/vfio/devices/vfio0"' '"in_use": true'; }
check "in use by its cdev: status --json" in_use_cdev status_cdev
mapped() { process 4711 devmem "/sys/devices/pci0009:00/$GPU/resource0"; }
status_mapped() { run 0 status && says '4711 (devmem)'; }
check "in use by a resource in sysfs: status" mapped status_mapped
forgotten() { process 4711 hold /dev/vfio/12; }
check "open in a forgotten process: doctor" forgotten doctor_begins 2 "In use: $GPU: process 4711 (hold) has it open, and runs no guest" "kill 4711"
runs_guest() { in_use; ln --symbolic anon_inode:kvm-vm "$tree/proc/4711/fd/9"; }
doctor_guest() { run 0 doctor && says "In use: $GPU: process 4711 (qemu-system-aar) runs a guest that has it"; }
check "open in a guest: doctor" runs_guest doctor_guest
hidden() { mkdir --parents "$tree/proc/4713"; ln --symbolic nothing "$tree/proc/4713/fd"; touch "$tree/proc/4713/comm"; }
status_not_hidden() { run 0 status && says 'open in          no process' && ! grep hidden "$scratch/out"; }
check "a process that has just ended" hidden status_not_hidden

never_ready() { unbound; log "$DRIVER $GPU: GPU memory is not ready after 30 s: the C2C link is not up"; }
check "never ready: doctor" never_ready doctor_begins 2 \
  "Link and training: $GPU: GPU memory is not ready after 30 s: the C2C link is not up" \
  "echo 1 >/sys/bus/pci/devices/$GPU/reset" "nvgrace-gpu bind $GPU" "# if it is refused again:" \
  "# power-cycle the machine; if it stays, the link or the GPU is broken"
timed_out() { put "sys/bus/pci/devices/$GPU/nvgrace_gpu/readiness" timed-out; }
check "not ready after a reset: doctor" timed_out doctor_begins 2 "Link and training: $GPU: the memory was not ready in time after the last reset" \
  "echo 1 >/sys/bus/pci/devices/$GPU/reset"

zero_size() { unbound; log "$DRIVER $GPU: nvidia,gpu-mem-size is zero: the C2C link to the GPU is down"; }
check "link down: doctor" zero_size doctor_begins 2 "Firmware: $GPU: nvidia,gpu-mem-size is zero"
zero_in_table() { unbound; acpi nvidia,gpu-mem-base-pa 4096 nvidia,gpu-mem-size 0; }
check "link down, and the driver was never loaded: doctor" zero_in_table doctor_begins 2 "Firmware: firmware says that a GPU has no memory"
property_missing() { unbound; acpi nvidia,gpu-mem-base-pa 4096; }
check "a property is missing: doctor" property_missing doctor_begins 2 \
  "Firmware: firmware has the property nvidia,gpu-mem-base-pa but not nvidia,gpu-mem-size" "# update the machine's firmware; its ACPI tables are wrong"
property_refused() { unbound; log "$DRIVER $GPU: firmware has the property nvidia,gpu-mem-size but not nvidia,gpu-mem-base-pa" \
  "$DRIVER $GPU: probe with driver $DRIVER failed with error -22"; }
check "a property is missing, as the driver says: doctor" property_refused doctor_begins 2 "Firmware: $GPU: firmware has the property nvidia,gpu-mem-size"
no_properties() { rm --recursive "$tree/sys/bus/pci/devices/$GPU/nvgrace_gpu"; }
check "no property at all: doctor" no_properties doctor_begins 1 "Firmware: $GPU: firmware describes no memory of it"
system_ram() { unbound; log "$DRIVER $GPU: GPU memory [mem 0x1-0x2] is in use as System RAM: take it offline first"; }
check "memory in use as System RAM: doctor" system_ram doctor_begins 2 "Firmware: $GPU: GPU memory [mem 0x1-0x2] is in use as System RAM"
old_message() { log "$DRIVER $GPU: GPU memory is not ready after 30 s: the C2C link is not up"; }
check "a message from before it was bound: doctor" old_message all_well

# Errors with the driver's name that are no refusals, and refusals that are over.
bus_error() { unbound; log "$DRIVER $GPU: PCIe Bus Error: severity=Uncorrectable (Fatal), type=Transaction Layer, (Requester ID)"; }
no_refusal() { doctor_begins 1 "Kernel's log: $GPU: 1 uncorrectable PCIe error: " && says "unknown    GPU's driver: $GPU: it has no driver; libvirt"; }
check "an error of the bus, while it was bound: doctor" bus_error no_refusal
page_lost() { unbound; log "$DRIVER $GPU: GPU memory at 0x420000000000 is lost: memory error"; }
check "a lost page, while it was bound: doctor" page_lost for_libvirt
ready_later() { never_ready; printf '6,900,900,-;%s %s: GPU memory at 0x420000000000: usemem 94.5 GiB in a 128 GiB BAR4, no resmem\n' "$DRIVER" "$GPU" >>"$tree/dev/kmsg"; }
check "refused at boot, bound later: doctor" ready_later for_libvirt
wants_1to1() { unbound; log "$DRIVER $GPU: Firmware has requested this device have a 1:1 IOMMU mapping, rejecting configuring the device without a 1:1 mapping. Contact your platform vendor."; }
check "refused for a 1:1 mapping: doctor" wants_1to1 doctor_begins 2 "Firmware: $GPU: Firmware has requested this device have a 1:1 IOMMU mapping" \
  "# update the machine's firmware, or ask its maker: its IORT table has RMR nodes for the GPU"

services=("systemctl stop nvidia-persistenced nvidia-dcgm nvidia-fabricmanager nvidia-imex"
  "while grep --quiet 'System RAM (NVIDIA)' /proc/iomem; do sleep 1; done" "nvgrace-gpu bind $GPU")
given_memory() {
  unbound
  driver_add nvidia 595.71.05
  pci_bind "$GPU" nvidia
  put proc/iomem $'80000000-847fffff : System RAM\n420000000000-4217bfffffff : System RAM (NVIDIA)'
}
check "the GPU driver has given its memory to Linux: doctor" given_memory doctor_begins 2 \
  "GPU's driver: $GPU: nvidia has it, and has given GPU memory to Linux" "${services[@]}"
given_gb200() { given_memory; put "sys/bus/pci/devices/$GPU/device" 0x2941; rm "$tree/run/udev/data/+pci:$GPU"; log "$DRIVER $GPU: GPU memory [0x420000000000-0x4217bfffffff] is in use as System RAM: take it offline first"; }
check "the same, of a GPU that is not bound at boot, and bind came too early: doctor" given_gb200 doctor_begins 2 "Firmware: $GPU: GPU memory [0x420000000000" \
  "# a GPU driver has given the memory to Linux" "${services[@]}"
given_vfio() { given_memory; driver_add vfio-pci; pci_bind "$GPU" vfio-pci; }
check "the GPU driver has gone, and left the memory to Linux: doctor" given_vfio doctor_begins 2 \
  "GPU's driver: $GPU: a GPU driver that has gone has left GPU memory to Linux" reboot
given_left_gb200() { given_gb200; log; pci_unbind "$GPU"; }
check "the same, of a GPU that is not bound at boot: doctor" given_left_gb200 doctor_begins 2 "GPU's driver: $GPU: a GPU driver that has gone" \
  "echo 'SUBSYSTEM==\"pci\", KERNEL==\"$GPU\", ENV{NVGRACE_GPU_BIND}=\"yes\"' >>/etc/udev/rules.d/60-nvgrace-gpu.rules" "update-initramfs -u -k all" "reboot"
given_by_other() { unbound; driver_add nvidia; pci_add 0019:01:00.0 0x10de 0x2345 0x030200 13; pci_bind 0019:01:00.0 nvidia
  link "sys/bus/pci/devices/0019:01:00.0" "sys/bus/pci/drivers/nvidia/0019:01:00.0"; put proc/iomem '0-0 : System RAM (NVIDIA)'; }
given_of_other() { run 2 doctor && says "GPU's driver: 0019:01:00.0: nvidia has it, and has given GPU memory" "unknown    GPU's driver: $GPU: it has no driver"; }
check "it has given that of another GPU: doctor" given_by_other given_of_other
name_of_module() { unbound; put "sys/bus/pci/devices/$GPU/driver_override" "$MODULE"; }
check "driver_override has the module's name: doctor" name_of_module doctor_begins 2 \
  "GPU's driver: $GPU: driver_override is $MODULE, the name of the module; the driver's is $DRIVER" "nvgrace-gpu bind $GPU --force"

foreign() { unbound; driver_add nvidia 570.1; pci_bind "$GPU" nvidia; }
check "foreign driver: doctor" foreign doctor_begins 2 "GPU's driver: $GPU: nvidia has it" "nvgrace-gpu bind $GPU"
driverctl() { foreign; put "etc/driverctl.d/pci-$GPU" nvidia; put "sys/bus/pci/devices/$GPU/driver_override" nvidia; }
check "foreign driver, set with driverctl: doctor" driverctl doctor_begins 2 "GPU's driver: $GPU: nvidia has it" "driverctl unset-override $GPU" "nvgrace-gpu bind $GPU"
override() { unbound; put "sys/bus/pci/devices/$GPU/driver_override" vfio-pci; }
check "driver_override of somebody: doctor" override doctor_begins 2 "GPU's driver: $GPU: it has no driver, and driver_override gives it to vfio-pci" \
  "nvgrace-gpu bind $GPU --force"
opted_out() { put "run/udev/data/+pci:$GPU" $'E:NVGRACE_GPU_BIND=no'; }
check "opted out by a udev rule: doctor" opted_out doctor_begins 1 "Binding at boot: $GPU: a udev rule says NVGRACE_GPU_BIND=\"no\""
other_product() { rm "$tree/run/udev/data/+pci:$GPU"; put "sys/bus/pci/devices/$GPU/device" 0x31c2; }
check "a product that is bound only where somebody says so: doctor" other_product doctor_begins 1 "Binding at boot: $GPU: udev does not bind a GB300 unless told to"

locked() { unbound; rm --recursive "$tree/sys/module/$DRIVER"; put sys/kernel/security/lockdown "none [integrity] confidentiality"
  put proc/keys '1a I--- 1 perm 1f030000 0 0 asymmetri Debian Secure Boot CA: 6ccece7e4c6c0d1f6149f3dd27dfcc5cbb419ea1: X509.rsa []'; }
check "lockdown, key not enrolled: doctor" locked doctor_begins 2 \
  "Module's signature: the kernel is locked down, and the kernel does not trust the key that signed the module: DKMS module signing key" \
  "apt install openssl mokutil" "mokutil --import /var/lib/dkms/mok.pub" "reboot" '# choose "Enroll MOK" on the console'
locked_ubuntu() { locked; put var/lib/shim-signed/mok/MOK.der x; }
check "lockdown, on Ubuntu: doctor" locked_ubuntu doctor_begins 2 "Module's signature" "mokutil --import /var/lib/shim-signed/mok/MOK.der" "reboot" '# choose "Enroll MOK" on the console'
enrolled() { locked; put proc/keys "1a I--- 1 perm 1f030000 0 0 asymmetri DKMS module signing key: 1234: X509.rsa []"; }
check "lockdown, key enrolled: doctor" enrolled doctor_begins 2 "Loaded module: the module is not loaded" "modprobe $MODULE"
has_tools() { put usr/bin/openssl ""; put usr/bin/mokutil ""; }
# certificate KEY-FILE: DKMS's own.
certificate() {
  mkdir --parents "$tree/var/lib/dkms"
  openssl x509 -in "$1" -outform DER -out "$tree/var/lib/dkms/mok.pub"
}
key_id() { openssl x509 -in "$1" -noout -ext subjectKeyIdentifier | tail --lines=1 | tr --delete ' :\n' | tr '[:upper:]' '[:lower:]'; }
enrolled_id() { locked; certificate "$scratch/key.pem"; put proc/keys "1a I--- 1 perm 1f030000 0 0 asymmetri DKMS module signing key: $(key_id "$scratch/key.pem"): X509.rsa []"; }
check "lockdown, DKMS's key enrolled: doctor" enrolled_id doctor_begins 2 "Loaded module: the module is not loaded" "modprobe $MODULE"
key_anew() { enrolled_id; has_tools; put proc/keys "1a I--- 1 perm 1f030000 0 0 asymmetri DKMS module signing key: 0123456789abcdef0123456789abcdef01234567: X509.rsa []"; }
check "lockdown, an older key of the same name enrolled: doctor" key_anew doctor_begins 2 \
  "Module's signature: the kernel is locked down, and the kernel does not trust the key that signed the module: DKMS module signing key; the one of that name that it trusts is another" \
  "mokutil --import /var/lib/dkms/mok.pub" "reboot" '# choose "Enroll MOK" on the console'
key_of_user() { locked; has_tools; put proc/keys $'1a I--- 1 perm 1f030000 0 0 asymmetri Debian Secure Boot CA: aa: X509.rsa []\n1b I--- 1 perm 3f010000 1000 1000 user DKMS module signing key: 5'; }
check "lockdown, a key that is none for modules has that name: doctor" key_of_user doctor_begins 2 "Module's signature: "
key_elsewhere() { key_of_user; put etc/dkms/framework.conf '# mok_certificate=/no'; put etc/dkms/framework.conf.d/a.conf "mok_certificate=/etc/keys/mok.der"
  put etc/dkms/framework.conf.d/b.conf 'mok_certificate="/etc/pki/akmods/certs/public_key.der"'; put etc/dkms/framework.conf.d/c.txt 'mok_certificate=/no'; }
check "lockdown, DKMS's key is elsewhere: doctor" key_elsewhere doctor_begins 2 "Module's signature: " \
  "mokutil --import /etc/pki/akmods/certs/public_key.der" "reboot" '# choose "Enroll MOK" on the console'
unsigned() { locked; make_module "$tree/lib/modules/$RELEASE/updates/dkms/$MODULE.ko" version=0.1.0; }
check "lockdown, module not signed: doctor" unsigned doctor_begins 2 "Module's signature: the kernel is locked down, and the module is not signed" \
  "apt install openssl mokutil" "dkms build --force $MODULE/0.1.0 -k $RELEASE" "dkms install --force $MODULE/0.1.0 -k $RELEASE" \
  "mokutil --import /var/lib/dkms/mok.pub" "reboot" '# choose "Enroll MOK" on the console'
secure_boot() { locked; put sys/firmware/efi/efivars/x ""; printf '\6\0\0\0\1' >"$tree/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"; }
check "Secure Boot: doctor" secure_boot doctor_begins 2 "Module's signature: Secure Boot is on and the kernel is locked down"

no_module() { unbound; rm --recursive "$tree/sys/module/$DRIVER" "$tree/lib/modules/$RELEASE/updates"; modules_list "$RELEASE"; }
check "no module for this kernel: doctor" no_module doctor_begins 2 "Driver's module: kernel $RELEASE: there is no module" "dkms install --force $MODULE/0.1.0 -k $RELEASE"
no_headers() { no_module; rm --recursive "$tree/lib/modules/$RELEASE/build"; }
check "no headers for this kernel: doctor" no_headers doctor_begins 2 "Driver's module: kernel $RELEASE: there is no module, and its headers are not installed, with which DKMS builds one" "apt install linux-headers-$RELEASE" "dkms install --force $MODULE/0.1.0 -k $RELEASE"
no_package() { no_module; rm --recursive "$tree/usr/src"; }
check "the package is not installed: doctor" no_package doctor_begins 2 "Driver's module: kernel $RELEASE: there is no module, and the driver's package is not installed" \
  "apt install linux-headers-$RELEASE $MODULE-dkms"
stale() { unbound; rm --recursive "$tree/sys/module/$DRIVER"
  make_module "$tree/lib/modules/$RELEASE/updates/dkms/$MODULE.ko" version=0.1.0 "vermagic=6.17.1-arm64 SMP preempt"; }
check "a module of another kernel: doctor" stale doctor_begins 2 \
  "Driver's module: kernel $RELEASE: /lib/modules/$RELEASE/updates/dkms/$MODULE.ko is built for kernel 6.17.1-arm64" "dkms install --force $MODULE/0.1.0 -k $RELEASE"
stale_loaded() { make_module "$tree/lib/modules/$RELEASE/updates/dkms/$MODULE.ko" version=0.1.0 "vermagic=6.17.1-arm64 SMP preempt modversions"; }
check "a module of another kernel that this one has taken: doctor" stale_loaded all_well
install_line() { unbound; rm --recursive "$tree/sys/module/$DRIVER"; put etc/modprobe.d/a.conf $'# hardening\ninstall nvgrace-gpu-vfio-pci /bin/false'; }
check "modprobe is told not to load the module: doctor" install_line doctor_begins 2 \
  "modprobe's configuration: /etc/modprobe.d/a.conf: install nvgrace-gpu-vfio-pci /bin/false" "sed --in-place '2s/^/#/' /etc/modprobe.d/a.conf" "modprobe $DRIVER"
install_loaded() { put etc/modprobe.d/a.conf "install $DRIVER /bin/true"; }
check "the same, but it is loaded: doctor" install_loaded all_well
blacklist() { put usr/lib/modprobe.d/b.conf "blacklist $DRIVER"; put etc/modprobe.d/b.txt "install vfio /bin/false"; }
check "udev is told not to load the module: doctor" blacklist doctor_begins 1 \
  "modprobe's configuration: /usr/lib/modprobe.d/b.conf: blacklist $DRIVER" "sed --in-place '1s/^/#/' /usr/lib/modprobe.d/b.conf" "update-initramfs -u -k all"
no_type1() { mkdir --parents "$tree/sys/module/vfio"; }
check "VFIO without its IOMMU module: doctor" no_type1 doctor_begins 2 "Loaded module: vfio_iommu_type1 is not loaded" "modprobe vfio_iommu_type1"
not_loaded() { unbound; rm --recursive "$tree/sys/module/$DRIVER"; }
check "the module is not loaded: doctor" not_loaded doctor_begins 2 "Loaded module: the module is not loaded" "modprobe $MODULE"
# egm_kernel RELEASE: its own driver has EGM; DKMS has put it aside.
egm_kernel() {
  local folder=lib/modules/$1/kernel/drivers/vfio/pci/nvgrace-gpu
  mkdir --parents "$tree/$folder"
  make_module "$tree/$folder/nvgrace-egm.ko" "vermagic=$1 SMP"
  modules_list "$1"
}
egm_firmware() { acpi nvidia,gpu-mem-base-pa $((0x420000000000)) nvidia,gpu-mem-size $((95 << 30)) nvidia,egm-base-pa $((1 << 44)) nvidia,egm-size $((64 << 30)); }
egm() { egm_kernel "$RELEASE"; egm_firmware; }
egm_lost() {
  doctor_begins 1 "EGM: kernel $RELEASE's own driver gives guests memory of the host that firmware sets apart (EGM), and /lib/modules/$RELEASE/updates/dkms/$MODULE.ko in its place does not: $1" \
    "# to have the own driver of kernels with EGM:" "touch /etc/dkms/$MODULE.keep-egm" "/usr/libexec/$MODULE/package-setup configure 0.1.0" "reboot"
}
check "EGM of the kernel's own driver is lost: doctor" egm egm_lost "/dev/egmN is missing"
egm_still_loaded() { egm; put dev/egm4 ""; put dev/egm ""; }
check "EGM will be lost with the next boot: doctor" egm_still_loaded egm_lost "/dev/egm4 is gone after the next boot"
egm_of_source() { egm; rm --recursive "$tree/usr/src"; }
check "EGM is lost, and there is no package: doctor" egm_of_source doctor_begins 1 "EGM: " "# to have the kernel's own driver:" \
  "rm \"\$(modinfo --set-version $RELEASE --field filename $MODULE)\"" "depmod $RELEASE" "reboot"
egm_unseen() { egm; rm --recursive "$tree/sys/firmware"; }
check "EGM is lost, and only root can see firmware's tables: doctor" egm_unseen doctor_begins 1 "EGM: "
egm_next() { modules_install 6.19.2-arm64; egm_kernel 6.19.2-arm64; egm_firmware; }
egm_lost_next() { doctor_begins 1 "EGM: kernel 6.19.2-arm64's own driver" && says "in its place does not: /dev/egmN is gone after the next boot"; }
check "EGM will be lost with the next kernel: doctor" egm_next egm_lost_next
egm_of_kernel_only() { egm_kernel "$RELEASE"; }
check "firmware sets no EGM apart: doctor" egm_of_kernel_only all_well
check "the kernel has no EGM: doctor" egm_firmware all_well
egm_kept() {
  egm
  rm --recursive "$tree/lib/modules/$RELEASE/updates"
  make_module "$tree/lib/modules/$RELEASE/kernel/drivers/vfio/pci/nvgrace-gpu/$MODULE.ko" "vermagic=$RELEASE SMP" depends=nvgrace-egm
  modules_list "$RELEASE"
  in_kernel
  put dev/egm4 ""
}
keeps_egm() { run 0 doctor && says "kernel $RELEASE: its own driver of this name, which has EGM" && ! grep '^warning' "$scratch/out"; }
check "the kernel's own driver, which has EGM: doctor" egm_kept keeps_egm
egm_put_back() {
  egm
  make_module "$tree/lib/modules/$RELEASE/updates/dkms/$MODULE.ko" "vermagic=$RELEASE SMP" depends=nvgrace-egm
  in_kernel
}
egm_is_there() { run 0 doctor && says "EGM: kernel $RELEASE has it, and its own driver"; }
check "the same, put back by DKMS into updates: doctor" egm_put_back egm_is_there
next_kernel() { modules_install 6.19.2-arm64; rm --recursive "$tree/lib/modules/6.19.2-arm64/updates"; modules_list 6.19.2-arm64; }
check "no module for the next kernel: doctor" next_kernel doctor_begins 1 "Next kernel: kernel 6.19.2-arm64: there is no module" "dkms install --force $MODULE/0.1.0 -k 6.19.2-arm64"
no_vfio() { rm "$tree/lib/modules/$RELEASE/kernel/vfio-pci-core.ko"; modules_list "$RELEASE"; }
check "a kernel without VFIO for PCI: doctor" no_vfio doctor_begins 2 "VFIO: kernel $RELEASE has no module vfio_pci_core"

amd64() { put proc/sys/kernel/arch x86_64; }
check "another architecture: doctor" amd64 doctor_begins 2 "Architecture: x86_64" "# run this on the Grace Hopper or Grace Blackwell machine"
no_iommu() { rm --recursive "$tree/sys/class/iommu" "$tree/sys/kernel/iommu_groups"; rm "$tree/sys/bus/pci/devices/$GPU/iommu_group"; unbound; }
check "IOMMU off: doctor" no_iommu doctor_begins 2 "IOMMU: the kernel uses no IOMMU" "# enable the SMMU in the firmware's settings, and reboot"
no_group() { lost; rm "$tree/sys/bus/pci/devices/$GPU/iommu_group"; }
check "a kernel that makes groups early has made none: doctor" no_group doctor_begins 2 "IOMMU: 1 of 1 GPUs are behind no IOMMU"
no_group_yet() { no_group; rename_kernel 6.12.9-arm64; }
check "an older kernel, and no driver has looked at it yet: doctor" no_group_yet doctor_begins 2 "GPU's driver: $GPU: it has no driver" "nvgrace-gpu bind $GPU"
not_viable() { unbound; pci_add 0009:01:00.1 0x10de 0x22bb 0x040300 12; driver_add snd_hda_intel; pci_bind 0009:01:00.1 snd_hda_intel; }
check "group not viable: doctor" not_viable doctor_begins 2 "IOMMU group: $GPU: 0009:01:00.1 in the same IOMMU group 12 is bound to snd_hda_intel" \
  "echo 0009:01:00.1 >/sys/bus/pci/drivers/snd_hda_intel/unbind"
status_group() { run 0 status && says 'with 0009:01:00.1 NVIDIA Corporation Test audio, driver snd_hda_intel: keeps the group from guests'; }
check "group not viable: status" not_viable status_group
no_gpu() { rm --recursive "$tree/sys/bus/pci/devices"; mkdir "$tree/sys/bus/pci/devices"; }
check "no GPU at all: doctor" no_gpu doctor_begins 2 "GPU: no GPU that the driver knows is on a PCI bus"
nothing_listed() { run 0 list && says "no GPU that the driver knows is on a PCI bus" && run 0 status && says "no GPU" && run 0 list --json && says '"gpus": []' && run 0 status --json && says '"gpus": []'; }
check "no GPU at all: list, status" no_gpu nothing_listed

old_kernel() { put proc/sys/kernel/osrelease 6.12.9-arm64; modules_install 6.12.9-arm64; mv "$tree/lib/modules/$RELEASE" "$scratch/gone"; rm --recursive "$scratch/gone"
  put boot/config-6.12.9-arm64 CONFIG_ARCH_SUPPORTS_HUGE_PFNMAP=y; put dev/kvm 0; }
check "KVM before cacheable device memory: doctor" old_kernel doctor_begins 1 "KVM: kernel 6.12.9-arm64 gives guests usemem as device memory"
newest_ubuntu() { old_kernel; put etc/os-release $'ID=ubuntu\nVERSION_ID="24.04"'; }
check "the same, on Ubuntu: doctor" newest_ubuntu doctor_begins 1 "KVM: " "apt install linux-nvidia-64k-hwe-24.04"
newest_mint() { old_kernel; put etc/os-release $'ID=linuxmint\nID_LIKE="ubuntu debian"\nVERSION_ID="22"'; }
check "the same, on what is like Ubuntu: doctor" newest_mint doctor_begins 1 "KVM: " "# boot a kernel from 6.17 on"
no_capability() { put dev/kvm 0; }
check "KVM on a CPU that cannot: doctor" no_capability doctor_begins 2 "KVM: kernel $RELEASE cannot map cacheable memory"
no_kvm() { rm "$tree/dev/kvm"; }
check "no KVM: doctor" no_kvm doctor_begins 2 "KVM: /dev/kvm cannot be opened: No such file or directory" "dmesg | grep -i kvm"
small_pages() { put "boot/config-$RELEASE" CONFIG_ARM64=y; }
check "small pages, no huge mappings: doctor" small_pages doctor_begins 1 "Page tables: pages of 4 KiB, no huge mappings" \
  "# trixie-backports has to be in sources.list(5)" "apt update" "apt install -t trixie-backports linux-image-arm64 linux-headers-arm64"
small_pages_rhel() { small_pages; rm "$tree/etc/os-release"; put usr/lib/os-release $'ID="rocky"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.6"'; }
# shellcheck disable=SC2016 # a command that is printed
check "the same, on Rocky Linux, whose os-release is in /usr/lib: doctor" small_pages_rhel doctor_begins 1 "Page tables: " \
  "dnf install kernel-64k kernel-64k-devel" 'grubby --set-default "$(ls -v /boot/vmlinuz-*+64k | tail -n 1)"'
micro() { no_headers; put etc/os-release $'ID="sl-micro"\nID_LIKE="suse"\nVERSION_ID="6.2"'; }
check "no headers, on a system that is changed by transactions: doctor" micro doctor_begins 2 "Driver's module" \
  "transactional-update pkg install 'kernel-arm64-devel = 6.18.0'" "reboot" "dkms install --force $MODULE/0.1.0 -k $RELEASE"
user() { put proc/self/status $'CapEff:\t0000000000000000'; put proc/self/limits 'Max locked memory         8388608              8388608              bytes     '; }
check "a user who may not lock memory: doctor" user doctor_begins 1 "Locked memory: this user may lock 8 MiB of memory" 'sudo prlimit --pid $$ --memlock=unlimited'

regions() { printf '0x0000000008000000 0x00000000080fffff msi\n0x0000000080000000 0x00000000801fffff %s\n' "$1" >"$tree/sys/kernel/iommu_groups/12/reserved_regions"; }
direct() { regions direct; }
check "firmware wants memory mapped 1:1: doctor" direct doctor_begins 2 "IOMMU group: $GPU: firmware wants memory of the host mapped 1:1" \
  "# update the machine's firmware, or ask its maker: its IORT table has RMR nodes for the GPU"
relaxable() { regions direct-relaxable; }
check "the same, where that may be given up: doctor" relaxable all_well
direct_old() { direct; rename_kernel 6.1.0-50-arm64; }
not_refused() { run 0 doctor >/dev/null && ! grep '1:1' "$scratch/out"; }
check "the same, on a kernel that does not mind: doctor" direct_old not_refused

# taken_by_ids WORD...: vfio-pci has had the GPU before udev saw it.
taken_by_ids() {
  unbound
  driver_add vfio-pci
  link sys/bus/pci/drivers/vfio-pci "sys/bus/pci/devices/$GPU/driver"
  put proc/cmdline "BOOT_IMAGE=/vmlinuz root=/dev/vda1 ro $*"
}
ids() { taken_by_ids vfio-pci.ids=10de:2342; put etc/default/grub 'GRUB_CMDLINE_LINUX="quiet vfio-pci.ids=10de:2342"'; }
ids_named() {
  run 2 doctor && says "Begin with: GPU's driver: $GPU: vfio-pci has it" "warning    Binding at boot: $GPU: the kernel's command line gives it to vfio-pci: $1" || return 1
  shift
  says "$@"
}
check "vfio-pci.ids on the command line: doctor" ids ids_named vfio-pci.ids=10de:2342 "sed --in-place 's/vfio-pci.ids=10de:2342//' /etc/default/grub" "   update-grub"
ids_more() { taken_by_ids vfio_pci.ids=8086:1521,10DE:2342,1af4:1000; put etc/default/grub 'GRUB_DEFAULT=0'
  put etc/default/grub.d/vfio.cfg 'GRUB_CMDLINE_LINUX="vfio_pci.ids=8086:1521,10DE:2342,1af4:1000"'; }
check "the same, with others, in a file of its own: doctor" ids_more ids_named vfio_pci.ids=8086:1521,10DE:2342,1af4:1000 \
  "sed --in-place 's/vfio_pci.ids=8086:1521,10DE:2342,1af4:1000/vfio_pci.ids=8086:1521,1af4:1000/' /etc/default/grub.d/vfio.cfg"
ids_grubby() { ids; put etc/os-release ID=fedora; }
check "the same, where there is grubby: doctor" ids_grubby ids_named vfio-pci.ids=10de:2342 "grubby --update-kernel=ALL --remove-args=vfio-pci.ids=10de:2342"
# shellcheck disable=SC2016 # no command
ids_odd() { taken_by_ids 'vfio-pci.ids=$(reboot),10de:2342,a/b'; }
check "the same, with what no ids are: doctor" ids_odd ids_named 'vfio-pci.ids=??reboot?,10de:2342,a?b' '# take vfio-pci.ids='
ids_of_modprobe() { put etc/modprobe.d/vfio.conf 'options vfio-pci ids=10de:2342,10de:22bb'; }
check "ids of vfio-pci in modprobe's configuration: doctor" ids_of_modprobe doctor_begins 1 "Binding at boot: $GPU: /etc/modprobe.d/vfio.conf gives it to vfio-pci" \
  "sed --in-place '1s/10de:2342,\?//I' /etc/modprobe.d/vfio.conf" "update-initramfs -u -k all"
other_ids() { put proc/cmdline "vfio-pci.ids=10de:2345 novfio_pci.ids=10de:2342 vfio-pci.ids"; }
check "ids of other functions: doctor" other_ids all_well
module_blacklist() { not_loaded; put proc/cmdline "quiet module_blacklist=nouveau,$MODULE"; }
check "the kernel is told not to load the module: doctor" module_blacklist doctor_begins 2 \
  "modprobe's configuration: the kernel's command line: module_blacklist=nouveau,$MODULE" \
  "# take module_blacklist=nouveau,$MODULE from the kernel's command line, and write in its place module_blacklist=nouveau"
modules_disabled() { not_loaded; put proc/sys/kernel/modules_disabled 1; }
check "the kernel loads no module any more: doctor" modules_disabled doctor_begins 2 "modprobe's configuration: kernel.modules_disabled is 1" \
  "echo $MODULE >/etc/modules-load.d/$MODULE.conf" reboot
modules_loaded() { put proc/sys/kernel/modules_disabled 1; }
check "the same, when the driver is loaded: doctor" modules_loaded all_well

# Two kernels newer than the one that runs, one of them without the module.
two_kernels() { modules_install 6.19.1-arm64; next_kernel; }
grub_saved() { two_kernels; put etc/default/grub 'GRUB_DEFAULT="saved"'; put boot/grub2/grubenv $'# GRUB Environment Block\nsaved_entry='"0123456789abcdef-$RELEASE"; }
check "the boot loader's default is a kernel that has the module: doctor" grub_saved all_well
grub_named() { two_kernels; put etc/default/grub "GRUB_DEFAULT='Advanced options for Ubuntu>Ubuntu, with Linux 6.19.1-arm64'"; }
named_boots() { run 0 doctor && says "ok         Next kernel: kernel 6.19.1-arm64: version 0.1.0"; }
check "GRUB is told which kernel to boot: doctor" grub_named named_boots
systemd_boot() { two_kernels; put boot/loader/loader.conf $'timeout 3\ndefault 0123-6.19.2-arm64.conf'; }
check "systemd-boot's default is a kernel without the module: doctor" systemd_boot doctor_begins 1 "Next kernel: kernel 6.19.2-arm64: there is no module" "dkms install --force $MODULE/0.1.0 -k 6.19.2-arm64"

grub_d() { grub_named; put etc/default/grub.d/50-flavour.cfg "GRUB_DEFAULT='Advanced options for Ubuntu>Ubuntu, with Linux $RELEASE'"; put etc/default/grub.d/60.bak 'GRUB_DEFAULT=6.19.2-arm64'; }
check "GRUB is told in a file of its own: doctor" grub_d all_well
grub_once() { grub_saved; put boot/grub2/grubenv $'saved_entry='"0-$RELEASE"$'\nnext_entry=0-6.19.2-arm64'; }
check "GRUB is told for the next boot alone: doctor" grub_once doctor_begins 1 "Next kernel: kernel 6.19.2-arm64: there is no module"
grub_once_over() { grub_saved; put boot/grub2/grubenv $'saved_entry='"0-$RELEASE"$'\nnext_entry='; }
check "the same, and that boot was: doctor" grub_once_over all_well
# loader NAME TEXT: a variable of systemd-boot's.
loader() { mkdir --parents "$tree/sys/firmware/efi/efivars"; { printf '\6\0\0\0'; printf '%s\0' "$2" | iconv --from-code=ascii --to-code=utf-16le; } >"$tree/sys/firmware/efi/efivars/$1-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"; }
loader_default() { systemd_boot; loader LoaderEntryDefault "0123-$RELEASE.conf"; }
check "systemd-boot is told by bootctl: doctor" loader_default all_well
loader_once() { loader_default; loader LoaderEntryOneShot 0123-6.19.2-arm64.conf; }
check "systemd-boot is told for the next boot alone: doctor" loader_once doctor_begins 1 "Next kernel: kernel 6.19.2-arm64: there is no module"
access() { put dev/vfio/12 ""; chmod 0600 "$tree/dev/vfio/12"; }
as_user() { chmod 0755 "$scratch" && setpriv --reuid=65534 --regid=65534 --clear-groups "$tool" --root "$tree" doctor >"$scratch/out" || [ $? -eq 1 ] || return 1; says "$@"; }
check "a user who may not open the group: doctor" access as_user "warning    Access: $GPU: this user may not open /dev/vfio/12" "sudo chown \$USER /dev/vfio/12"
access_granted() { access; chown 65534 "$tree/dev/vfio/12"; }
check "a user who may: doctor" access_granted as_user "ok         Access: $GPU: this user may open /dev/vfio/12"
with_iommufd() {
  access
  put "sys/bus/pci/devices/$GPU/vfio-dev/vfio0/dev" 511:0
  put dev/vfio/devices/vfio0 ""
  put dev/iommu ""
  chmod 0600 "$tree/dev/vfio/devices/vfio0" "$tree/dev/iommu"
}
check "a user who may not use iommufd: doctor" with_iommufd as_user "warning    Access: this user may not open /dev/iommu" "sudo chown \$USER /dev/iommu" \
  "warning    Access: $GPU: this user may not open /dev/vfio/devices/vfio0" "sudo chown \$USER /dev/vfio/devices/vfio0"
iommufd_granted() { with_iommufd; chown 65534 "$tree/dev/vfio/devices/vfio0" "$tree/dev/iommu"; }
check "a user who may: doctor needs no group" iommufd_granted as_user "ok         Access: $GPU: this user may open /dev/vfio/devices/vfio0" \
  "ok         Access: this user may open /dev/iommu"

# --- JSON

second() { pci_add 0019:01:00.0 0x10de 0x2342 0x030200 13; driver_add nvidia 570.1; pci_bind 0019:01:00.0 nvidia; }
valid() { "$folder/schema.py" "$tools/nvgrace-gpu.schema.json" "$@"; }
# prints STATUS ARGUMENT...: JSON that is valid.
prints() { run "$@" --json >/dev/null && cp "$scratch/out" "$scratch/one.json" && valid "$scratch/one.json"; }
check "list --json is what the schema says" second prints 0 list
check "status --json is what the schema says" in_use prints 0 status
check "status --json is what the schema says, unbound, with others in the group" not_viable prints 0 status
check "status --json is what the schema says, without GPU" no_gpu prints 0 status
check "doctor --json is what the schema says, in each state that was seen here" nothing valid "$scratch/json"/*
check "each finding in those states has a code of its own" nothing coded
about() { run 2 doctor --check driver --json >/dev/null && says '"code": "driver-other-driver"' '"bdf": "0019:01:00.0"' '"code": "driver-ok"'; }
check "a finding has a code, and says which GPU it is about" second about
of_machine() { run 0 doctor --check kvm --json >/dev/null && says '"bdf": null' '"code": "kvm-ok"'; }
check "a finding of the machine is about no GPU" nothing of_machine
changed() { golden doctor.json doctor --json && sed "$1" "$scratch/out" >"$scratch/one.json" && ! valid "$scratch/one.json"; }
check "a key that is not in the schema is seen" nothing changed 's/"seen"/"saw"/'
check "a result that is not in the schema is seen" nothing changed '0,/"result": "ok"/s//"result": "fine"/'
check "another version of the schema is seen" nothing changed 's/"schema": 1/"schema": 2/'

tap_done
