#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What keeps a GPU from a guest though the driver is as it should be: who has it open, what the
# kernel's log says of it. Prints TAP.
#
# causes.sh TOOL: the tool, built with sanitizers.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/tool.sh"

unbound() { pci_unbind "$GPU"; }

# --- who has it open

# held COMMAND CGROUP: nvidia has the GPU, and a process its file.
held() { unbound; nvidia_has "$GPU" 3; process 4711 "$1" /dev/nvidia3; put dev/nvidia3 195:3; [ -z "$2" ] || process_of 4711 "$2"; }
persistenced() { held nvidia-persiste /system.slice/nvidia-persistenced.service; }
check "open in a service: doctor" persistenced doctor_begins 2 "In use: $GPU: service nvidia-persistenced, process 4711 (nvidia-persiste) has it open" "systemctl stop nvidia-persistenced"
dcgm_named_otherwise() { held nv-hostengine /system.slice/dcgm.service; }
check "open in a service that is called otherwise there: doctor" dcgm_named_otherwise doctor_begins 2 "In use: $GPU: service dcgm, process 4711 (nv-hostengine)" "systemctl stop dcgm"
of_instance() { held python3 /system.slice/system-train.slice/train-a.service; }
check "open in a service below a slice of its own: doctor" of_instance doctor_begins 2 "In use: $GPU: service train-a, " "systemctl stop train-a"
no_systemd() { held nv-fabricmanage ""; put proc/4711/cgroup $'1:cpu:/\n0::/'; }
check "open in a service, where no control group tells: doctor" no_systemd doctor_begins 2 "In use: $GPU: service nvidia-fabricmanager, " "systemctl stop nvidia-fabricmanager"
old_cgroups() { held nvidia-imex ""; put proc/4711/cgroup $'12:devices:/\n1:name=systemd:/system.slice/nvidia-imex.service'; }
check "open in a service, in control groups of the older kind: doctor" old_cgroups doctor_begins 2 "In use: $GPU: service nvidia-imex, " "systemctl stop nvidia-imex"
imitated() { held nv-hostengine '/user.slice/user-1000.slice/user@1000.service/app.slice/nvidia-dcgm.service'; }
check "open in a user's process that calls itself a service: doctor" imitated doctor_begins 2 "In use: $GPU: process 4711 (nv-hostengine) has it open, and" "kill 4711"
of_cron() { held python3 /system.slice/cron.service; }
check "open in what a service runs for others: doctor" of_cron doctor_begins 2 "In use: $GPU: process 4711 (python3)" "kill 4711"
# shellcheck disable=SC2016 # no command
odd_service() { held python3 '/system.slice/$(reboot);x.service'; }
check "open in a service with an odd name: doctor" odd_service doctor_begins 2 "In use: $GPU: service ??reboot??x, " "systemctl stop ??reboot??x"
in_pod() { held dcgm-exporter /kubepods.slice/kubepods-besteffort.slice/cri-containerd-0123.scope; }
check "open in a container: doctor" in_pod doctor_begins 2 "In use: $GPU: process 4711 (dcgm-exporter) has it open in a container" \
  "# end the pod or container that has process 4711:" "cat /proc/4711/cgroup"

# --- what the kernel's log says

# later LEVEL TEXT...: behind what is in the log.
later() {
  local level=$1 line
  shift
  for line; do
    printf '%d,900,900,-;%s\n' "$level" "$line" >>"$tree/dev/kmsg"
  done
}
taken="$DRIVER $GPU: GPU memory at 0x420000000000: usemem 94.5 GiB in a 128 GiB BAR4, no resmem"
# below_bridge: the GPU is behind a port, and an SMMU is before that.
below_bridge() {
  local port=sys/devices/pci0009:00/0009:00:00.0
  mkdir "$tree/$port"
  mv "$tree/sys/devices/pci0009:00/$GPU" "$tree/$port"
  link "$port/$GPU" "sys/bus/pci/devices/$GPU"
  link "sys/bus/pci/drivers/$DRIVER" "$port/$GPU/driver"
  link sys/kernel/iommu_groups/12 "$port/$GPU/iommu_group"
  link sys/devices/platform/arm-smmu-v3.16.auto/iommu/smmu3.0x0000000011000000 "$port/$GPU/iommu"
}

# log_says STATUS TEXT FIX...
log_says() { doctor_begins "$1" "Kernel's log: $GPU: $2" "${@:3}"; }
quiet() { all_well && says "ok         Kernel's log: $GPU: no error of it$1"; }

check "log: nothing" nothing quiet ""
aer="PCIe Bus Error: severity=Uncorrectable (Fatal), type=Transaction Layer, (Requester ID)"
pcie() { later 3 "$DRIVER $GPU: $aer" "$DRIVER $GPU:   device [10de:2342] error status/mask=00040000/00000000"; }
check "log: an uncorrectable PCIe error" pcie log_says 1 "1 uncorrectable PCIe error: $DRIVER $GPU: $aer" "dmesg | grep --after-context=5 'PCIe Bus Error\|AER: '"
pcie_old() { later 3 "nvidia $GPU: AER: PCIe Bus Error: severity=Uncorrected (Non-Fatal), type=Data Link Layer" "nvidia $GPU: AER: PCIe Bus Error: severity=Uncorrected (Fatal), type=Inaccessible"; }
check "log: the same, as older kernels say it, twice" pcie_old log_says 1 "2 uncorrectable PCIe errors, the last: nvidia $GPU: AER: PCIe Bus Error: severity=Uncorrected (Fatal), type=Inaccessible"
pcie_firmware() { later 3 "{1}[Hardware Error]:   device_id: $GPU" "$DRIVER $GPU: AER: aer_status: 0x00004000, aer_mask: 0x00000000" "$DRIVER $GPU: AER: aer_uncor_severity: 0x00463010"; }
check "log: the same, where firmware has seen it first" pcie_firmware log_says 1 "1 uncorrectable PCIe error: "
pcie_port() { below_bridge; later 3 "pcieport 0009:00:00.0: $aer"; }
check "log: the same, of the port above the GPU" pcie_port log_says 1 "1 uncorrectable PCIe error: pcieport 0009:00:00.0: "
pcie_corrected() { later 4 "$DRIVER $GPU: PCIe Bus Error: severity=Correctable, type=Physical Layer, (Receiver ID)"; later 3 "$DRIVER $GPU: AER: aer_status: 0x00000001, aer_mask: 0x0000e000"; }
check "log: an error that was corrected" pcie_corrected quiet ""
pcie_other() { below_bridge; later 3 "nvme 0004:01:00.0: $aer" "pcieport 0004:00:00.0: $aer"; }
check "log: an error of another function" pcie_other quiet ""
before() { pcie; later 6 "$taken"; }
check "log: an error from before the driver took it" before quiet " since the driver took it"
before_and_after() { before; pci_add 0019:01:00.0 0x10de 0x1db6 0x030200 13; later 6 "$DRIVER 0019:01:00.0: GPU memory at 0x520000000000: usemem 94.5 GiB in a 128 GiB BAR4, no resmem"; pcie; }
check "log: errors before and after that" before_and_after log_says 1 "1 uncorrectable PCIe error: "
wrapped() { printf '6,5812,99,-;random: crng init done\n' >"$tree/dev/kmsg"; }
check "log: its beginning has been overwritten" wrapped quiet " in what is left of the log"

flr="$DRIVER $GPU: not ready 65535ms after FLR; giving up"
no_return() { later 4 "$DRIVER $GPU: not ready 1023ms after FLR; waiting" "$flr"; put "sys/bus/pci/devices/$GPU/nvgrace_gpu/readiness" pending; }
rebind=("nvgrace-gpu unbind $GPU" "nvgrace-gpu bind $GPU" "# if a reset fails again:" "# power-cycle the machine; if it stays, the link or the GPU is broken")
check "log: a reset from which it did not return" no_return log_says 2 "1 reset that failed: $flr" "${rebind[@]}"
returned() { no_return; put "sys/bus/pci/devices/$GPU/nvgrace_gpu/readiness" ready; }
check "log: the same, and it is ready now" returned log_says 1 "1 reset that failed: $flr" "${rebind[@]}"
slow() { later 4 "$DRIVER $GPU: not ready 1023ms after FLR; waiting" "$DRIVER $GPU: ready 2047ms after FLR"; }
check "log: a reset that took its time" slow quiet ""
no_power() { unbound; later 3 "vfio-pci $GPU: Unable to change power state from D3cold to D0, device inaccessible"; }
check "log: it does not wake up" no_power log_says 2 "1 reset that failed: vfio-pci $GPU: Unable to change"
not_recovered() { below_bridge; put "sys/bus/pci/devices/$GPU/nvgrace_gpu/readiness" pending; later 4 "pcieport 0009:00:00.0: AER: subordinate device reset failed"; later 6 "pcieport 0009:00:00.0: AER: device recovery failed"; }
check "log: no recovery from an error" not_recovered log_says 2 "2 resets that failed, the last: pcieport 0009:00:00.0: AER: device recovery failed"

smmu="arm-smmu-v3 arm-smmu-v3.16.auto:"
fault() { below_bridge; later 3 "$smmu event 0x10 received:" "$smmu \\x090x0000010000000010" "$smmu \\x090x0000020800000000" "$smmu \\x090x0000010000000000"; }
check "log: a fault of the SMMU" fault log_says 1 "1 fault of the SMMU: $smmu " "dmesg | grep --after-context=5 arm-smmu-v3"
fault_named() { fault; later 3 "$smmu event: F_TRANSLATION client: $GPU sid: 0x90100 ssid: 0x0 iova: 0x7f00 ipa: 0x0"; }
check "log: the same, with the client's name" fault_named log_says 1 "2 faults of the SMMU, the last: $smmu event: F_TRANSLATION client: $GPU"
fault_other() { below_bridge; later 3 "$smmu event 0x10 received:" "$smmu \\x090x0000020000000010" "$smmu \\x090x0000010000000010" \
  "arm-smmu-v3 arm-smmu-v3.5.auto: event 0x10 received:" "arm-smmu-v3 arm-smmu-v3.5.auto: \\x090x0000010000000010" "$smmu event: F_TRANSLATION client: 0009:01:00.1 sid: 0x90101"; }
check "log: a fault of another function, or of another SMMU" fault_other quiet ""

xid() { unbound; nvidia_has "$GPU" 0; later 4 "NVRM: Xid (PCI:0009:01:00): $1, pid=1234, name=train, Ch 00000008"; }
xid_79() { xid 79; }
xid_is_told() { run 2 doctor && says "warning    Kernel's log: $GPU: 1 error (Xid): NVRM: Xid (PCI:0009:01:00): 79"; }
check "log: NVIDIA's driver has seen it fail" xid_79 xid_is_told
xid_bound() { later 4 "NVRM: Xid (PCI:0009:01:00): 119, pid=1, Timeout"; }
check "log: the same, and the driver has the GPU now" xid_bound log_says 1 "1 error (Xid): " "dmesg | grep NVRM"
xid_13() { xid 13; }
xid_other() { xid 31; later 4 "NVRM: Xid (PCI:0019:01:00): 79, GPU has fallen off the bus."; }
no_xid() { run 2 doctor && says "ok         Kernel's log: $GPU: no error of it"; }
check "log: an error of a program" xid_13 no_xid
check "log: an error of another GPU" xid_other no_xid

log_unknown() { run 0 doctor && says "unknown    Kernel's log: it cannot be read: $1"; }
no_log() { rm "$tree/dev/kmsg"; }
check "log: it is not there" no_log log_unknown "No such file or directory"
empty_log() { : >"$tree/dev/kmsg"; }
check "log: it is empty" empty_log log_unknown "No data available"
secret_log() { chmod 0600 "$tree/dev/kmsg"; }
as_user() { chmod 0755 "$scratch" && setpriv --reuid=65534 --regid=65534 --clear-groups "$tool" --root "$tree" doctor >"$scratch/out" || return 1; says "$@"; }
check "log: only root may read it" secret_log as_user "unknown    Kernel's log: it cannot be read: Permission denied (root can)"

# --- a GPU whose memory is not ready yet

# not_yet SECONDS: the driver has said so then; the host is up for 1000 s.
not_yet() {
  unbound
  put "sys/bus/pci/devices/$GPU/driver_override" "$DRIVER"
  put proc/uptime "1000.53 1889.20"
  printf '6,900,%d,-;%s %s: GPU memory is not ready yet: bound when it is\n' "$(($1 * 1000000))" "$DRIVER" "$GPU" >>"$tree/dev/kmsg"
}
power_cycle="# power-cycle the machine; if it stays, the link or the GPU is broken"
is_awaited() {
  run 0 doctor && says "unknown    GPU's driver: $GPU: its memory is not ready yet: the driver has waited$1, and takes it when it is" \
    "# if it stays so for more than 5 minutes:" "dmesg | grep '$GPU: '" "unknown    Link and training: $GPU: the memory is not ready yet" &&
    ! grep 'Begin with\|has no driver\|describes no memory' "$scratch/out"
}
not_yet_40() { not_yet 960; }
check "not ready yet: the driver waits" not_yet_40 is_awaited " for 40 s"
# While it looks; it offers nothing then.
looked_at() { not_yet_40; link "sys/bus/pci/drivers/$DRIVER" "sys/bus/pci/devices/$GPU/driver"; }
check "not ready yet: the driver has it for a moment" looked_at is_awaited " for 40 s"
no_uptime() { not_yet_40; rm "$tree/proc/uptime"; }
check "not ready yet: nobody knows since when" no_uptime is_awaited ""
refused_before() { unbound; later 3 "$DRIVER $GPU: GPU memory is not ready after 30 s: the C2C link is not up"; not_yet 960; }
check "not ready yet: the driver refused it before, and waits again" refused_before is_awaited " for 40 s"
too_long() { not_yet 600; }
check "not ready yet: for too long" too_long doctor_begins 2 \
  "GPU's driver: $GPU: its memory is not ready yet: the driver has waited for 400 s, and takes it when it is" \
  "# if it stays so for more than 5 minutes:" "dmesg | grep '$GPU: '" "$power_cycle"
refused_since() { not_yet 600; later 3 "$DRIVER $GPU: GPU memory is not ready after 30 s: the C2C link is not up"; }
check "not ready yet: the driver has given up" refused_since doctor_begins 2 "Link and training: $GPU: GPU memory is not ready after 30 s" "$power_cycle"
bound_since() { not_yet 600; later 6 "$taken"; pci_bind "$GPU" "$DRIVER"; gpu_attributes "$GPU"; }
check "not ready yet: it was, and is bound" bound_since quiet " since the driver took it"
taken_since() { not_yet 600; later 6 "$taken"; }
check "not ready yet: it was, and has been unbound" taken_since doctor_begins 2 "GPU's driver: $GPU: it has no driver" "nvgrace-gpu bind $GPU"
given_since() { not_yet 600; put "sys/bus/pci/devices/$GPU/driver_override" vfio-pci; }
check "not ready yet: another driver is to have it" given_since doctor_begins 2 "GPU's driver: $GPU: it has no driver, and driver_override gives it to vfio-pci"
module_gone() { not_yet 600; rm --recursive "$tree/sys/module/$DRIVER"; }
check "not ready yet: the module that waited is gone" module_gone doctor_begins 2 "Loaded module: the module is not loaded"

# --- GPUs that are off the bus, and others of the kind

second=0019:01:00.0
# two_gpus [ID]: another one, which has the driver, too.
two_gpus() {
  pci_add "$second" 0x10de "${1:-0x2345}" 0x030200 13
  [ -n "${1:-}" ] || { pci_bind "$second" "$DRIVER"; gpu_attributes "$second"; put "run/udev/data/+pci:$second" E:NVGRACE_GPU_BIND=yes; }
}
# config BDF BYTES: what its configuration space begins with.
config() { printf "$2%.0s" {1..16} >"$tree/sys/bus/pci/devices/$1/config"; }
answers() { config "$GPU" '\xde\x10\x42\x23'; }
check "GPU: it answers" answers all_well
off_bus() { config "$GPU" '\xff\xff\xff\xff'; unbound; log "$DRIVER $GPU: GPU memory is not ready after 30 s: the C2C link is not up"; held someone ""; }
nothing_derived() {
  doctor_begins 2 "GPU: $GPU: it reads all ones: it has fallen off the bus" "# power-cycle the machine; if it stays, the link or the GPU is broken" &&
    says "unknown    GPU's driver: there is no GPU that answers" "Problems: 1. Warnings: 0." && [ "$(grep --count "$GPU" "$scratch/out")" = 2 ]
}
check "GPU: it has fallen off the bus, and nothing else is said of it" off_bus nothing_derived
no_address() { answers; unbound; log "$DRIVER $GPU: GPU memory cannot be checked: BAR0 has lost its address, remove the device and rescan the bus"; }
check "its configuration is lost" no_address doctor_begins 2 "Link and training: $GPU: GPU memory cannot be checked: BAR0 has lost its address" \
  "echo 1 >/sys/bus/pci/devices/$GPU/remove" "echo 1 >/sys/bus/pci/rescan" "nvgrace-gpu bind $GPU"
one_off_bus() { two_gpus; config "$GPU" '\xff\xff\xff\xff'; answers_second; }
answers_second() { config "$second" '\xde\x10\x45\x23'; }
one_derived() { nothing_of_first && says "ok         GPU's driver: $second: bound to $DRIVER" "Problems: 1. Warnings: 0."; }
nothing_of_first() { doctor_begins 2 "GPU: $GPU: it reads all ones" && [ "$(grep --count "$GPU" "$scratch/out")" = 2 ]; }
check "GPU: one of two has fallen off the bus" one_off_bus one_derived
short_config() { printf '\xff\xff' >"$tree/sys/bus/pci/devices/$GPU/config"; }
check "GPU: its configuration space cannot be read" short_config all_well

off_bus_status() {
  run 0 status && says "PCI bus          it reads all ones: it has fallen off the bus" && [ "$(grep --count 'PCI bus' "$scratch/out")" = 1 ] &&
    prints_json '"on_bus": false' '"on_bus": true'
}
prints_json() {
  run 0 status --json >/dev/null && says "$@" && cp "$scratch/out" "$scratch/one.json" &&
    "$folder/schema.py" "$folder/../../tools/nvgrace-gpu.schema.json" "$scratch/one.json"
}
check "status: one of two has fallen off the bus" one_off_bus off_bus_status
sleeps() { one_off_bus; put "sys/bus/pci/devices/$GPU/power/runtime_status" suspended; }
not_looked_at() { run 0 status && ! grep 'PCI bus' "$scratch/out"; }
check "status: it sleeps, and a look would wake it" sleeps not_looked_at

gone=0029:01:00.0
# absent VERDICT WHAT: doctor, status and JSON say so.
absent() {
  run "$1" doctor && says "GPU: $gone: it is not on the PCI bus, and $2 names it" "echo 1 >/sys/bus/pci/rescan" && run 0 status && says "it is not there, and $2 names it" &&
    prints_json "\"bdf\": \"$gone\"" "\"was_seen\": $3" && run 0 doctor "$GPU" && ! grep "$gone" "$scratch/out"
}
all_there() { run 0 status && ! grep 'PCI bus' "$scratch/out" && prints_json '"absent": []' && run 0 doctor && ! grep 'not on the PCI bus' "$scratch/out"; }
rule() { put "etc/udev/rules.d/$1" "$2"; }
named_by_rule() { rule "61-nvgrace-gpu-$gone.rules" "SUBSYSTEM==\"pci\", KERNEL==\"$gone\", ENV{NVGRACE_GPU_BIND}=\"yes\""; }
check "absent: a rule names it" named_by_rule absent 1 "/etc/udev/rules.d/61-nvgrace-gpu-$gone.rules" false
named_by_driverctl() { put "etc/driverctl.d/pci-$gone" "$DRIVER"; }
check "absent: driverctl names it" named_by_driverctl absent 1 "/etc/driverctl.d/pci-$gone" false
was_found() { later 6 "pci $gone: [10de:2345] type 00 class 0x030200 PCIe Endpoint"; }
check "absent: the kernel has found it in this boot" was_found absent 2 "the kernel's log of this boot" true
was_bound() { later 6 "$DRIVER $gone: GPU memory at 0x520000000000: usemem 94.5 GiB in a 128 GiB BAR4, no resmem"; }
check "absent: the driver has had it in this boot" was_bound absent 2 "the kernel's log of this boot" true
named_and_there() {
  rule 60-nvgrace-gpu.rules "$(printf '#KERNEL=="%s", ENV{NVGRACE_GPU_BIND}="yes"\nKERNEL=="%s", ENV{NVGRACE_GPU_BIND}="yes"\nKERNEL=="0009:*", ENV{NVGRACE_GPU_BIND}="yes"\nKERNEL=="0039:01:00.0", ENV{X}="yes"' "$gone" "$GPU")"
  rule 70-other.rules "KERNEL==\"$gone\", ENV{NVGRACE_GPU_BIND}=\"yes\""
  put "etc/driverctl.d/pci-$gone" nvidia
  put "etc/driverctl.d/pci-$GPU" "$DRIVER"
  later 6 "pci $GPU: [10de:2342] type 00 class 0x030200 PCIe Endpoint" "pci $gone: [10de:1db6] type 00 class 0x030200 PCIe Endpoint" "pci $gone: BAR 0: assigned" "$DRIVER: loaded"
}
check "absent: what is named is there, or none of the kind" named_and_there all_there

unsupported() { unbound; put "sys/bus/pci/devices/$GPU/device" 0x3041; }
check "GPU: one that the driver does not support" unsupported doctor_begins 2 "GPU: $GPU: Vera Rubin (10de:3041) is not supported by this version of the driver" \
  "# look for a newer version of $MODULE"
also_unsupported() { two_gpus 0x3041; }
check "GPU: one of two that the driver does not support" also_unsupported doctor_begins 1 "GPU: $second: Vera Rubin (10de:3041) is not supported by this version of the driver"
other_gpu() { unbound; put "sys/bus/pci/devices/$GPU/device" 0x2330; }
check "GPU: one of another kind" other_gpu doctor_begins 2 "GPU: no GPU that the driver knows is on a PCI bus"
named_unsupported() { run 1 status "$GPU" && says "'$GPU' is a GPU that the driver does not support: Vera Rubin (10de:3041)"; }
check "status: of one that the driver does not support" unsupported named_unsupported

check "each finding in those states has a code of its own" nothing coded

tap_done
