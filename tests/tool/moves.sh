#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# bind and unbind, above a kernel that is made up. Prints TAP.
#
# moves.sh TOOL: the tool with fake_kernel.c.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/tool.sh"

SECOND=0009:02:00.0
THIRD=0019:01:00.0

# untouched: nothing was written.
untouched() {
  ! grep '^kernel: ' "$scratch/out" && says "nothing was changed"
}

# check NAME CHANGE COMMAND...
check() {
  local name=$1 change=$2
  shift 2
  tree_new move
  driver_add nvidia 570.1
  driver_add vfio-pci
  pci_unbind "$GPU"
  "$change"
  tap_check "$name" "$@"
}

nothing() { :; }
bound() { pci_bind "$GPU" "$DRIVER"; }
foreign() { pci_bind "$GPU" nvidia; }
# Three GPUs, of which nvidia has the second.
three() {
  pci_add "$SECOND" 0x10de 0x2345 0x030200 13
  pci_add "$THIRD" 0x10de 0x2941 0x030200 14
  pci_bind "$SECOND" nvidia
}

binds() { run 0 bind "$GPU" && has "$GPU" "$DRIVER" "$DRIVER" && says "$GPU: $DRIVER, before that no driver; driver_override is $DRIVER"; }
check "bind: a GPU without driver" nothing binds
binds_foreign() { run 0 bind "$GPU" && has "$GPU" "$DRIVER" "$DRIVER" && says 'before that nvidia'; }
check "bind: from another driver" foreign binds_foreign
binds_again() { run 0 bind "$GPU" && says "it has $DRIVER already" && ! grep "^kernel: " "$scratch/out"; }
check "bind: it is bound" bound binds_again
binds_to() { run 0 bind "$GPU" --to vfio-pci && has "$GPU" vfio-pci vfio-pci; }
check "bind --to" bound binds_to
unbinds() { run 0 unbind "$GPU" && has "$GPU" none "(null)" && says "$GPU: no driver, before that $DRIVER; driver_override is not set"; }
check "unbind: no driver has it then" bound unbinds
unbinds_to() { run 0 unbind "$GPU" --to nvidia && has "$GPU" nvidia "(null)"; }
check "unbind --to: that driver has it, and driver_override is clear" bound unbinds_to
binds_three() { run 0 bind "$GPU" "$SECOND" "$THIRD" && has "$GPU" "$DRIVER" "$DRIVER" && has "$SECOND" "$DRIVER" "$DRIVER" && has "$THIRD" "$DRIVER" "$DRIVER"; }
check "bind: several" three binds_three
binds_all() { run 0 bind --all && has "$GPU" "$DRIVER" "$DRIVER" && has "$SECOND" "$DRIVER" "$DRIVER" && has "$THIRD" "$DRIVER" "$DRIVER"; }
check "bind --all" three binds_all
unbinds_all() { run 0 bind --all && run 0 unbind --all && has "$GPU" none "(null)" && has "$SECOND" none "(null)" && has "$THIRD" none "(null)"; }
check "unbind --all" three unbinds_all

# --- refused, with nothing changed

in_use() { bound; process 4711 qemu /dev/vfio/12; }
refuses_open() { run 1 unbind "$GPU" && says 'process 4711 (qemu) has it open as /dev/vfio/12' && untouched; }
check "unbind: it is open" in_use refuses_open
nvidia_in_use() { foreign; put "proc/driver/nvidia/gpus/$GPU/information" $'Model:\tGH200\nDevice Minor: \t3'; process 815 python3 /dev/nvidia3; }
refuses_nvidia() { run 1 bind "$GPU" && says 'process 815 (python3) has it open as /dev/nvidia3' && untouched; }
check "bind: another driver's file is open" nvidia_in_use refuses_nvidia
in_service() { nvidia_in_use; process_of 815 /system.slice/nvidia-dcgm.service; }
refuses_service() { run 1 bind "$GPU" && says "service nvidia-dcgm, process 815 (python3) has it open as /dev/nvidia3: stop that first, with" "    systemctl stop nvidia-dcgm" && untouched; }
check "bind: a service has it open" in_service refuses_service
one_of_three() { three; process 815 python3 "/sys/devices/pci0009:00/$SECOND/resource0"; }
refuses_all() { run 1 bind --all && untouched && has "$GPU" none "(null)"; }
check "bind --all: one of them is open" one_of_three refuses_all
not_viable() { pci_add 0009:01:00.1 0x10de 0x22bb 0x040300 12; driver_add snd_hda_intel; pci_bind 0009:01:00.1 snd_hda_intel; }
refuses_group() { run 1 bind "$GPU" && says '0009:01:00.1 in the same IOMMU group 12 has the driver snd_hda_intel' && untouched; }
check "bind: the group would not be viable" not_viable refuses_group
unbinds_group() { run 0 unbind "$GPU" --to nvidia && has "$GPU" nvidia "(null)"; }
check "unbind --to: the group does not matter to a driver of the host" not_viable unbinds_group
same_group() { pci_add "$SECOND" 0x10de 0x2342 0x030200 12; pci_bind "$SECOND" nvidia; }
refuses_half_group() { run 1 bind "$GPU" && untouched; }
check "bind: half of a group" same_group refuses_half_group
binds_group() { run 0 bind "$GPU" "$SECOND" && has "$GPU" "$DRIVER" "$DRIVER" && has "$SECOND" "$DRIVER" "$DRIVER"; }
check "bind: a whole group" same_group binds_group
no_group() { rm "$tree/sys/bus/pci/devices/$GPU/iommu_group"; }
no_iommu() { no_group; rm --recursive "$tree/sys/class/iommu"; }
refuses_no_iommu() { run 1 bind "$GPU" && says 'behind no IOMMU' && untouched; }
check "bind: no IOMMU" no_iommu refuses_no_iommu
no_group_yet() { pci_unbind "$GPU"; no_group; }
binds_without_group() { run 0 bind "$GPU" && has "$GPU" "$DRIVER" "$DRIVER"; }
check "bind: no driver has looked at it, so it has no group" no_group_yet binds_without_group
given() { foreign; put proc/iomem $'80000000-847fffff : System RAM\n420000000000-4217bfffffff : System RAM (NVIDIA)'; }
refuses_given() { run 1 bind "$@" && says "$GPU: Linux uses memory of a GPU ('System RAM (NVIDIA)' in /proc/iomem)" && untouched && has "$GPU" nvidia "(null)"; }
check "bind: a GPU driver has given its memory to Linux" given refuses_given "$GPU"
check "bind --all --force: the same" given refuses_given --all --force
check "bind --to vfio-pci: the same" given refuses_given "$GPU" --to vfio-pci
unbinds_given() { run 0 unbind "$GPU" && has "$GPU" none "(null)"; }
off_bus() { foreign; printf '\xff%.0s' {1..64} >"$tree/sys/bus/pci/devices/$GPU/config"; }
refuses_off_bus() { run 1 bind "$GPU" && says "$GPU: it reads all ones: it has fallen off the bus" && untouched; }
check "bind: it has fallen off the bus" off_bus refuses_off_bus
check "unbind: it has fallen off the bus" off_bus unbinds_given
given_unseen() { given; put proc/iomem $'00000000-00000000 : System RAM\n  00000000-00000000 : System RAM (NVIDIA)'; }
check "bind: the same, where addresses are not shown" given_unseen refuses_given "$GPU"
left_behind() { given; pci_unbind "$GPU"; }
refuses_left() { run 1 bind "$GPU" && says "Linux uses memory of a GPU" && untouched; }
check "bind: the GPU driver has gone, and left the memory to Linux" left_behind refuses_left
check "unbind: memory that Linux uses does not matter" given unbinds_given
given_elsewhere() { three; link "sys/bus/pci/devices/$SECOND" "sys/bus/pci/drivers/nvidia/$SECOND"; put proc/iomem '1000-1fff : System RAM (NVIDIA)'; }
check "bind: the memory is of another GPU, which the driver has" given_elsewhere binds
override() { put "sys/bus/pci/devices/$GPU/driver_override" vfio-pci; }
refuses_override() { run 1 bind "$GPU" && says 'somebody has set driver_override, which gives it to vfio-pci: --force changes that' && untouched; }
check "bind: driver_override of somebody" override refuses_override
forces() { run 0 bind "$GPU" --force && has "$GPU" "$DRIVER" "$DRIVER"; }
check "bind --force: driver_override of somebody" override forces
driverctl() { put "etc/driverctl.d/pci-$GPU" nvidia; }
refuses_driverctl() { run 1 bind "$GPU" && says "'driverctl unset-override $GPU' ends that" && untouched; }
check "bind: driverctl decides" driverctl refuses_driverctl
opted_out() { three; put "run/udev/data/+pci:$SECOND" E:NVGRACE_GPU_BIND=no; }
leaves_out() { run 0 bind --all && says "$SECOND: left out: a udev rule says NVGRACE_GPU_BIND=\"no\"" && has "$SECOND" nvidia "(null)" && has "$GPU" "$DRIVER" "$DRIVER"; }
check "bind --all: leaves out what a udev rule says no to" opted_out leaves_out
binds_named() { run 0 bind "$SECOND" && says "bound until the next boot only" && has "$SECOND" "$DRIVER" "$DRIVER"; }
check "bind: named, though a udev rule says no" opted_out binds_named
no_driver() { rm --recursive "$tree/sys/bus/pci/drivers/$DRIVER"; }
refuses_driver() { run 1 bind "$GPU" && says "$DRIVER: there is no such PCI driver" && untouched; }
check "bind: the driver is not there" no_driver refuses_driver
bad_name() { run 64 bind "$GPU" --to ../../x && ! grep '^kernel: ' "$scratch/out"; }
check "bind --to: a name that is a path" nothing bad_name
no_root() { rm "$tree/sys/bus/pci/drivers_probe"; }
refuses_without_root() { run 1 bind "$GPU" && says 'drivers cannot be changed' && ! grep '^kernel: ' "$scratch/out"; }
check "bind: drivers cannot be changed" no_root refuses_without_root

# --- what would be done

# dry STATUS ARGUMENT...: says it, and does nothing.
dry() {
  local before
  before=$(has "$GPU" - - || true)
  run "$@" --dry-run && ! grep '^kernel: ' "$scratch/out" && [ "$(has "$GPU" - - || true)" = "$before" ]
}
would_bind() { dry 0 bind "$GPU" && says "$GPU: would have $DRIVER instead of nvidia; driver_override would be $DRIVER" && ! grep "module would" "$scratch/out"; }
check "bind --dry-run" foreign would_bind
would_unbind() { dry 0 unbind --all && says "$GPU: would have no driver instead of $DRIVER; driver_override would be not set"; }
check "unbind --dry-run" bound would_unbind
would_refuse() { dry 1 unbind "$GPU" && says 'process 4711 (qemu) has it open' && ! grep "would have" "$scratch/out"; }
check "unbind --dry-run: it is open" in_use would_refuse
would_load() { dry 0 bind "$GPU" && says "$DRIVER: its module would be loaded" "$GPU: would have $DRIVER"; }
check "bind --dry-run: the driver is not loaded" no_driver would_load
no_module() { no_driver; rm --recursive "$tree/lib/modules/$RELEASE/updates"; modules_list "$RELEASE"; }
would_find_none() { dry 1 bind "$GPU" && says "there is no such PCI driver, and no module could be loaded: No such file"; }
check "bind --dry-run: there is no such driver" no_module would_find_none
check "bind --dry-run: without the right to do it" no_root dry 0 bind "$GPU"
would_persist() { dry 0 bind --persist "$GPU" && says "$GPU: would be bound at every boot, by /etc/udev/rules.d/61-nvgrace-gpu-$GPU.rules" && [ ! -e "$tree/etc/udev" ]; }
check "bind --persist --dry-run" nothing would_persist

# --- failures, after which all is as it was

refused() { foreign; touch "$tree/sys/bus/pci/drivers/$DRIVER/refuses"; log "$DRIVER $GPU: nvidia,gpu-mem-size is zero: the C2C link to the GPU is down"; }
restores() { run 1 bind "$GPU" && has "$GPU" nvidia "(null)" && says "$DRIVER refused it: nvidia,gpu-mem-size is zero" "$GPU: it has nvidia again"; }
check "bind: the driver refuses it" refused restores
refused_vfio() { pci_bind "$GPU" vfio-pci; touch "$tree/sys/bus/pci/drivers/$DRIVER/refuses"; }
restores_vfio() { run 1 bind "$GPU" && has "$GPU" vfio-pci vfio-pci; }
check "bind: the driver refuses it, and vfio-pci had it" refused_vfio restores_vfio
refused_free() { touch "$tree/sys/bus/pci/drivers/$DRIVER/refuses"; }
restores_free() { run 1 bind "$GPU" && has "$GPU" none "(null)" && says 'did not take it' 'it has no driver again'; }
check "bind: the driver refuses it, and none had it" refused_free restores_free
kept() { foreign; touch "$tree/sys/bus/pci/drivers/nvidia/keeps"; }
restores_kept() { run 1 bind "$GPU" && has "$GPU" nvidia "(null)" && says 'it could not be taken from nvidia: Device or resource busy'; }
check "bind: the other driver does not let go" kept restores_kept
second_kept() { three; touch "$tree/sys/bus/pci/drivers/nvidia/keeps"; }
restores_first() { run 1 bind "$GPU" "$SECOND" "$THIRD" && has "$GPU" none "(null)" && has "$SECOND" nvidia "(null)" && has "$THIRD" none "(null)"; }
check "bind: the second of three fails, and the first goes back" second_kept restores_first

tap_done
